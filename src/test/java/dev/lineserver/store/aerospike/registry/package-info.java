/** Tests of the life cycle of versions, with an in-memory registry and a scripted clock. */
@NullMarked
package dev.lineserver.store.aerospike.registry;

import org.jspecify.annotations.NullMarked;
