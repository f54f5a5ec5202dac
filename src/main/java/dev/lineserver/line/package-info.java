/**
 * Lines in memory: splitting bytes into lines, the digest of a content, and the limits on both.
 *
 * <p>Pure Java over {@code byte[]}: no I/O, no framework, nothing else of this project.
 */
@NullMarked
package dev.lineserver.line;

import org.jspecify.annotations.NullMarked;
