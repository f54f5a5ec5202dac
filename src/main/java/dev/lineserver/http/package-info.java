/**
 * The REST edge: the route that answers lines, the resources beside it, one form for every problem, readiness.
 *
 * <p>May use {@code store}, {@code line}, {@code config}, Quarkus, Vert.x and Netty.
 */
@NullMarked
package dev.lineserver.http;

import org.jspecify.annotations.NullMarked;
