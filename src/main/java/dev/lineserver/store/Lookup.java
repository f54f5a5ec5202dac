package dev.lineserver.store;

/** What a snapshot says of one line index. A store that cannot answer fails the lookup with a StoreException instead. */
public sealed interface Lookup {

    /**
     * The line, whole.
     *
     * @param line its bytes, without terminator; not to be changed
     */
    record Found(byte[] line) implements Lookup {}

    /**
     * A line longer than {@link dev.lineserver.line.Limits#WHOLE_LINE_BYTES}, or than the store keeps in one piece.
     *
     * @param parts its bytes, to be asked for one part after the other
     */
    record FoundInParts(LineParts parts) implements Lookup {}

    /**
     * The index is beyond the last line.
     *
     * @param lineCount number of lines in the version
     */
    record PastTheEnd(long lineCount) implements Lookup {}

    /**
     * The line should be there and is not, or is not what was stored. Data was lost; asking again does not help.
     *
     * @param detail what is wrong, for an operator
     */
    record Damaged(String detail) implements Lookup {}
}
