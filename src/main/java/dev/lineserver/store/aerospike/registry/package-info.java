/**
 * Records which versions exist, which set holds each, and which builds are in progress.
 *
 * <p>All of it is one {@link dev.lineserver.store.aerospike.registry.Registry}, stored in one record and replaced under
 * a check of its generation. {@link dev.lineserver.store.aerospike.registry.Builds} and
 * {@link dev.lineserver.store.aerospike.registry.Versions} move sets through the states of
 * {@link dev.lineserver.store.aerospike.registry.LineSet}, and
 * {@link dev.lineserver.store.aerospike.registry.Maintenance} deletes records that no version needs. The package uses the
 * cluster only through {@link dev.lineserver.store.aerospike.registry.RegistryAccess}, so its tests need no cluster.
 *
 * <p>May use {@code store}, the record types of the Aerospike client, and the JDK.
 */
@NullMarked
package dev.lineserver.store.aerospike.registry;

import org.jspecify.annotations.NullMarked;
