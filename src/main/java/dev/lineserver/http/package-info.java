/**
 * The REST edge: the route for lines, the resource for datasets, problems, metrics and readiness.
 *
 * <p>May use {@code config}, {@code serving}, {@code store}, {@code line}, Quarkus, Vert.x and Netty; {@code http.connection}; not its other subpackages.
 */
@NullMarked
package dev.lineserver.http;

import org.jspecify.annotations.NullMarked;
