/** Tests of serving: its state machines against a scripted store, without threads where possible. */
@NullMarked
package dev.lineserver.serving;

import org.jspecify.annotations.NullMarked;
