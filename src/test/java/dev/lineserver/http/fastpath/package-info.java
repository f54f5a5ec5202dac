/** Tests of the fast path. */
@NullMarked
package dev.lineserver.http.fastpath;

import org.jspecify.annotations.NullMarked;
