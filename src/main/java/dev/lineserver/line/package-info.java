/**
 * Lines in memory: the splitter, the digest of a content, and the limits.
 *
 * <p>Pure Java over {@code byte[]}: no I/O, no framework, no other package of this project.
 */
@NullMarked
package dev.lineserver.line;

import org.jspecify.annotations.NullMarked;
