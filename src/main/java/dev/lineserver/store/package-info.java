/**
 * The port: the interface of every store, in the vocabulary of the project. Start with
 * {@link dev.lineserver.store.LineStore}.
 *
 * <p>May use {@code line}, Jackson, aircompressor and the JDK only. The stores are in the subpackages.
 */
@NullMarked
package dev.lineserver.store;

import org.jspecify.annotations.NullMarked;
