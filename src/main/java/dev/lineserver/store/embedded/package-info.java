/**
 * The default store: lines on SSD, an index of their offsets in RAM, one machine.
 *
 * <p>May use {@code store}, {@code line}, Jackson, Netty's executors and the JDK.
 */
@NullMarked
package dev.lineserver.store.embedded;

import org.jspecify.annotations.NullMarked;
