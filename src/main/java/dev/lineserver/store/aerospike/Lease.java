package dev.lineserver.store.aerospike;

/**
 * Keeps other builds off a dataset.
 *
 * @param build identity of the build that holds it
 * @param owner that build, for people
 * @param set it writes to
 * @param until when it ends unless renewed, in milliseconds of the epoch
 */
record Lease(String build, String owner, String set, long until) {}
