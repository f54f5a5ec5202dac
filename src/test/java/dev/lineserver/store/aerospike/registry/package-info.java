/** Tests of the life cycle of versions, with a registry in memory and a scripted clock. */
@NullMarked
package dev.lineserver.store.aerospike.registry;

import org.jspecify.annotations.NullMarked;
