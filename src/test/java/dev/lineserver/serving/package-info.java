/** Tests of serving against a scripted store; most of them run on a single thread. */
@NullMarked
package dev.lineserver.serving;

import org.jspecify.annotations.NullMarked;
