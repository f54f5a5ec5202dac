/** Tests of who may read. */
@NullMarked
package dev.lineserver.http.access;

import org.jspecify.annotations.NullMarked;
