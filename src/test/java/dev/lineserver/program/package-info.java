/** Tests of the built program from outside: of the native executable if it was built, else of the jar. */
@NullMarked
package dev.lineserver.program;

import org.jspecify.annotations.NullMarked;
