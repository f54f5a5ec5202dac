/**
 * The REST edge: the route that answers lines, the resources beside it, one form for every problem, readiness.
 *
 * <p>May use {@code config}, {@code serving}, {@code store}, {@code line}, Quarkus, Vert.x and Netty; not its subpackage.
 */
@NullMarked
package dev.lineserver.http;

import org.jspecify.annotations.NullMarked;
