/**
 * Who may read which datasets, and how often: the file of keys, the grants, and the limit of requests. Plain Java; {@code
 * http.AccessRoute} applies it to requests.
 *
 * <p>May use {@code config}, {@code store} and {@code http.connection}.
 */
@NullMarked
package dev.lineserver.http.access;

import org.jspecify.annotations.NullMarked;
