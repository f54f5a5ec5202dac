/**
 * Answers plain requests for lines before HTTP is decoded. {@link dev.lineserver.http.fastpath.FastPath} is the only entry
 * point; nothing outside refers to it. May use {@code http} and the packages that it may use. Decision 007 gives the reasons.
 */
@NullMarked
package dev.lineserver.http.fastpath;

import org.jspecify.annotations.NullMarked;
