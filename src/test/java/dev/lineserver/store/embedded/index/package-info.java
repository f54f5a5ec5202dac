/** Tests of the index and its file. */
@NullMarked
package dev.lineserver.store.embedded.index;

import org.jspecify.annotations.NullMarked;
