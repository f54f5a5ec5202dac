package dev.lineserver.store;

/**
 * The end of the contiguous prefix of lines that a build has stored. All lines before this point are stored; a later
 * line may be.
 *
 * @param lineIndex 0-based index of the first line after the prefix
 * @param byteOffset offset of that line in the source, in bytes
 */
public record Checkpoint(long lineIndex, long byteOffset) {
    /** The beginning of the source: nothing is stored. */
    public static final Checkpoint START = new Checkpoint(0, 0);
}
