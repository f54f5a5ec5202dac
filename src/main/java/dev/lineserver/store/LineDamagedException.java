package dev.lineserver.store;

/**
 * Stop: a stored line, or a part of it, is missing or not what was stored. Thrown for a part of a long line; a whole line
 * is reported by {@link Lookup.Damaged}.
 */
public final class LineDamagedException extends StoreException {
    /** @param message which line and part, and what to do, for an operator */
    public LineDamagedException(String message) {
        super(message, null);
    }
}
