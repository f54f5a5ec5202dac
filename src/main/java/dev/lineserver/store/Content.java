package dev.lineserver.store;

import dev.lineserver.line.ContentDigest;

/**
 * Counts and digest of a whole content, known after all of it has been read.
 *
 * @param lineCount number of lines, at least 0
 * @param byteCount number of bytes, terminators included
 * @param digest digest of all bytes
 * @param longestLine length of the longest line in bytes, without terminator; 0 if there are no lines
 * @param terminated true if the last line has a terminator, or if there are no lines
 */
public record Content(long lineCount, long byteCount, ContentDigest digest, long longestLine, boolean terminated) {}
