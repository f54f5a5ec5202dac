/** Tests of this package. */
@NullMarked
package dev.lineserver.cli;

import org.jspecify.annotations.NullMarked;
