/**
 * Opens the versions that are served, switches to newer ones while requests are in flight, and decides whether the server
 * is ready.
 *
 * <p>Plain Java: no CDI, no HTTP. May use {@code store}, {@code line} and the JDK.
 */
@NullMarked
package dev.lineserver.serving;

import org.jspecify.annotations.NullMarked;
