/** Tests of the Aerospike store, with a fake node over TCP, and with real servers if they are available. */
@NullMarked
package dev.lineserver.store.aerospike;

import org.jspecify.annotations.NullMarked;
