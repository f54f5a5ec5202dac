/** Tests of this package. */
@NullMarked
package dev.lineserver.http;

import org.jspecify.annotations.NullMarked;
