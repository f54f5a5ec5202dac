/** Tests of this package: against a node of our own over TCP, and against real servers where there are some. */
@NullMarked
package dev.lineserver.store.aerospike;

import org.jspecify.annotations.NullMarked;
