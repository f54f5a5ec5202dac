package dev.lineserver.store;

/**
 * The outcome of {@link Snapshot#lookup}. Callers handle all four outcomes with an exhaustive {@code switch}, on the
 * thread that completes the lookup. A store that cannot answer now has no outcome: it completes the lookup
 * exceptionally with a {@link StoreException}, which says whether a retry can succeed.
 *
 * {@snippet :
 * int status = switch (lookup) {
 *     case Lookup.Found _, Lookup.FoundInParts _ -> 200;
 *     case Lookup.PastTheEnd _ -> 413;
 *     case Lookup.Damaged _ -> 500;
 * };
 * }
 */
public sealed interface Lookup {

    /**
     * The whole line.
     *
     * @param line its bytes, without terminator; the caller must not change them
     */
    record Found(byte[] line) implements Lookup {}

    /**
     * A line that is longer than {@link dev.lineserver.line.Limits#WHOLE_LINE_BYTES}, or than the store reads at once, or
     * that it keeps in several records. The caller reads its parts before it closes the snapshot.
     *
     * @param parts of the line, read one by one
     */
    record FoundInParts(LineParts parts) implements Lookup {}

    /**
     * The index is beyond the last line.
     *
     * @param lineCount number of lines in the version
     */
    record PastTheEnd(long lineCount) implements Lookup {}

    /**
     * The version has the line, but its stored bytes are missing or are not those of the line. Data was lost; a retry
     * does not help.
     *
     * @param detail the fault, for an operator
     */
    record Damaged(String detail) implements Lookup {}
}
