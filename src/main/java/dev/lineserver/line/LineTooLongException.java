package dev.lineserver.line;

/** A line is longer than the limit, so its source cannot be stored. */
public final class LineTooLongException extends Exception {
    /**
     * @param lineIndex 0-based index of the line
     * @param byteOffset offset of the line's first byte in the source, in bytes
     * @param limit length of the longest line allowed, in bytes
     */
    public LineTooLongException(long lineIndex, long byteOffset, long limit) {
        super("line " + (lineIndex + 1) + ", which starts at byte " + byteOffset + ", is longer than " + limit
                + " bytes");
    }
}
