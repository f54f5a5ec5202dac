/**
 * One record per line in an Aerospike cluster, in Aerospike's own words.
 *
 * <p>May use {@code store}, {@code line}, the Aerospike client with its Netty, and the JDK.
 */
@NullMarked
package dev.lineserver.store.aerospike;

import org.jspecify.annotations.NullMarked;
