package dev.lineserver.store;

/**
 * How far a build is durable: everything before this point is.
 *
 * @param lineIndex 0-based index of the first line that is not
 * @param byteOffset offset of that line in the source, in bytes
 */
public record Checkpoint(long lineIndex, long byteOffset) {}
