/** Tests of the HTTP edge. */
@NullMarked
package dev.lineserver.http;

import org.jspecify.annotations.NullMarked;
