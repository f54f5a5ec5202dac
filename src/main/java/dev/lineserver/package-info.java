/** The program: runs a command and exits with its code. */
@NullMarked
package dev.lineserver;

import org.jspecify.annotations.NullMarked;
