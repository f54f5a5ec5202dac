package dev.lineserver.store.aerospike.registry;

/**
 * Keeps other builds off a dataset.
 *
 * @param build identity of the build that holds it
 * @param owner that build, for people
 * @param set the build writes to
 * @param until end of the lease unless it is renewed, in milliseconds of the epoch
 */
record Lease(String build, String owner, String set, long until) {}
