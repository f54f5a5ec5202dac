/**
 * The succinct index of line offsets, and the file that it is kept in.
 *
 * <p>May use {@code line} and the JDK.
 */
@NullMarked
package dev.lineserver.store.embedded.index;

import org.jspecify.annotations.NullMarked;
