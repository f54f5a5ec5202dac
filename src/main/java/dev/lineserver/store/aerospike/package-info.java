/**
 * Stores versions in an Aerospike cluster, one record per line. Names and comments use Aerospike's terms: record, bin,
 * set, namespace, node, partition, replica, generation, truncation, in doubt.
 *
 * <pre>
 *   ingest thread   AerospikeBuild ──► RecordWriter ──► BatchWriter (write threads) ──► AcknowledgedWriter ──► cluster
 *   event loop      AerospikeSnapshot ──► RecordReader ──► CoalescingReader ──► ClientLink ──► cluster
 *   any thread      AerospikeStore ──► registry.Builds, Versions ──► RegistryRecord ──► cluster
 * </pre>
 *
 * <p>May use {@code store}, {@code line}, {@code store.aerospike.registry}, the Aerospike client with its Netty, and the JDK.
 */
@NullMarked
package dev.lineserver.store.aerospike;

import org.jspecify.annotations.NullMarked;
