/**
 * The Model Context Protocol, by which language models call tools: three tools that read lines. The transports are in
 * {@code http} and {@code cli}.
 *
 * <p>May use {@code serving} and what it uses, and Jackson.
 */
@NullMarked
package dev.lineserver.mcp;

import org.jspecify.annotations.NullMarked;
