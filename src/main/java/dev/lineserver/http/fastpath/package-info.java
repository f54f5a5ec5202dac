/**
 * Answers plain requests for lines before HTTP is decoded. {@link dev.lineserver.http.fastpath.FastPath} is the only entry
 * point; nothing outside refers to it.
 *
 * <p>May use {@code http} and the packages that {@code http} may use. Decision 007 gives the reasons.
 */
@NullMarked
package dev.lineserver.http.fastpath;

import org.jspecify.annotations.NullMarked;
