/**
 * The command line: one class per verb, and one place that turns an exception into a message and an exit code.
 *
 * <p>May use every package below it; only {@code Main} uses it.
 */
@NullMarked
package dev.lineserver.cli;

import org.jspecify.annotations.NullMarked;
