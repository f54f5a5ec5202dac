/** From a file to a stored version: read, unpack, split, store, verify, report. */
@NullMarked
package dev.lineserver.ingest;

import org.jspecify.annotations.NullMarked;
