package dev.lineserver.store;

/**
 * A line is missing, or its stored bytes are not those of the line. A retry does not help. {@link Snapshot#lookup} reports a
 * damaged whole line as {@link Lookup.Damaged} instead.
 */
public final class LineDamagedException extends StoreException {
    private final long lineIndex;

    /**
     * @param lineIndex 0-based index of the line
     * @param message names the fault, and tells an operator what to do
     */
    public LineDamagedException(long lineIndex, String message) {
        super(message, null);
        this.lineIndex = lineIndex;
    }

    /** The 0-based index of the line. */
    public long lineIndex() {
        return lineIndex;
    }
}
