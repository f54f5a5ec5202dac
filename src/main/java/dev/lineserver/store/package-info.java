/**
 * The port behind which versions live: what every store can do, said in the project's words.
 *
 * <p>May use {@code line}, Jackson and the JDK only. The stores are in the packages below it.
 */
@NullMarked
package dev.lineserver.store;

import org.jspecify.annotations.NullMarked;
