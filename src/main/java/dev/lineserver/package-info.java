/** The program: which command runs, and which store it runs on. */
@NullMarked
package dev.lineserver;

import org.jspecify.annotations.NullMarked;
