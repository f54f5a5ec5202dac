package dev.lineserver.store;

import dev.lineserver.line.ContentDigest;

/**
 * What the whole of a content came to, once all of it was read.
 *
 * @param lineCount number of lines, at least 0
 * @param byteCount number of bytes, terminators included
 * @param digest of the bytes
 * @param longestLine length of the longest line in bytes, without terminator; 0 if there are none
 * @param terminated whether the last line has a terminator; true if there are no lines
 */
public record Content(long lineCount, long byteCount, ContentDigest digest, long longestLine, boolean terminated) {}
