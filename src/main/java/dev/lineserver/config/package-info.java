/**
 * The settings, each declared once with its default, unit and bounds, the selection of the store, and the check of the files of
 * TLS.
 *
 * <p>May use the stores; only {@code cli} and {@code http} use it. Reading settings does not start Quarkus.
 */
@NullMarked
package dev.lineserver.config;

import org.jspecify.annotations.NullMarked;
