/** Tests of this package. */
@NullMarked
package dev.lineserver.ingest;

import org.jspecify.annotations.NullMarked;
