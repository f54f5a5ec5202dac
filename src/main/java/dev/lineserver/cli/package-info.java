/**
 * The command line: one class per verb, and one place that turns an exception into a message and an exit code.
 *
 * <p>May use everything below it; nothing uses it but {@code Main}.
 */
@NullMarked
package dev.lineserver.cli;

import org.jspecify.annotations.NullMarked;
