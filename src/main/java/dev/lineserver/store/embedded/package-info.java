/**
 * The default store: lines on SSD, an index of their offsets in RAM, on one machine. Start with
 * {@link dev.lineserver.store.embedded.EmbeddedStore} and {@link dev.lineserver.store.embedded.EmbeddedSnapshot}.
 *
 * <p>May use {@code store}, {@code line}, {@code store.embedded.index}, Jackson, Netty's executors and the JDK.
 */
@NullMarked
package dev.lineserver.store.embedded;

import org.jspecify.annotations.NullMarked;
