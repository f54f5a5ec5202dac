/**
 * The bookkeeping beside the lines: which versions exist, which set holds each, and which builds are under way.
 *
 * <p>All of it is one immutable {@link dev.lineserver.store.aerospike.registry.Registry}, kept in one record and replaced
 * under a check of its generation. {@link dev.lineserver.store.aerospike.registry.LifeCycle} decides what happens to
 * sets, in the states that {@link dev.lineserver.store.aerospike.registry.LineSet} describes. The cluster is reached
 * through {@link dev.lineserver.store.aerospike.registry.RegistryAccess} only, so that all of this can be tested without
 * one.
 *
 * <p>May use {@code store}, the record types of the Aerospike client, and the JDK.
 */
@NullMarked
package dev.lineserver.store.aerospike.registry;

import org.jspecify.annotations.NullMarked;
