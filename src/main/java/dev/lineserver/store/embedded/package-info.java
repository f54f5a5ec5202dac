/** The default store: lines on SSD, an index of their offsets in RAM, one machine. */
@NullMarked
package dev.lineserver.store.embedded;

import org.jspecify.annotations.NullMarked;
