/**
 * Ingest: reads a source, unpacks it, splits it into lines, stores them as a version, and verifies versions. Start with
 * {@link dev.lineserver.ingest.Ingest}.
 *
 * <p>May use {@code store}, {@code line}, the libraries of the compressions and the JDK.
 */
@NullMarked
package dev.lineserver.ingest;

import org.jspecify.annotations.NullMarked;
