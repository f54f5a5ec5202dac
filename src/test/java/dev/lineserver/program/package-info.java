/** Tests of the built program, from outside: the native executable where it was built, else the jar. */
@NullMarked
package dev.lineserver.program;

import org.jspecify.annotations.NullMarked;
