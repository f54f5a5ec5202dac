/**
 * The compact index of line offsets, and its file.
 *
 * <p>May use {@code line} and the JDK.
 */
@NullMarked
package dev.lineserver.store.embedded.index;

import org.jspecify.annotations.NullMarked;
