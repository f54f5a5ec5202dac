/**
 * The settings, each in one place with its default, unit and bounds, and the only place that picks a store.
 *
 * <p>May use the stores; used by the edges. Reading settings does not start Quarkus.
 */
@NullMarked
package dev.lineserver.config;

import org.jspecify.annotations.NullMarked;
