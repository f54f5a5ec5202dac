/** Tests of the whole. */
@NullMarked
package dev.lineserver;

import org.jspecify.annotations.NullMarked;
