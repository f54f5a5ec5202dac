/** Lines in memory: splitting bytes into lines, the digest of a content, and the limits on both. Pure Java, no I/O. */
@NullMarked
package dev.lineserver.line;

import org.jspecify.annotations.NullMarked;
