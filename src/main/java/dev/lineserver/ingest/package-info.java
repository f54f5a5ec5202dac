/**
 * From a file to a stored version: read, unpack, split, store, verify, report.
 *
 * <p>May use {@code store}, {@code line}, the decompressors and the JDK.
 */
@NullMarked
package dev.lineserver.ingest;

import org.jspecify.annotations.NullMarked;
