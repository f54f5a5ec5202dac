/**
 * The REST edge: the route for lines, the resource for datasets, problems, metrics and readiness.
 *
 * <p>May use {@code config}, {@code serving}, {@code store}, {@code line}, {@code mcp}, {@code http.access},
 * {@code http.connection}, Quarkus, Vert.x and Netty; not {@code http.fastpath}.
 */
@NullMarked
package dev.lineserver.http;

import org.jspecify.annotations.NullMarked;
