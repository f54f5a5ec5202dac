/** Tests of this package. */
@NullMarked
package dev.lineserver.line;

import org.jspecify.annotations.NullMarked;
