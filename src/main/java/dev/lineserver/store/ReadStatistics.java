package dev.lineserver.store;

import java.util.concurrent.atomic.LongAdder;

/**
 * Describes the commands with which a store has read lines from the nodes of a cluster since it was opened. The store
 * counts while others read.
 *
 * @param nanos time from sending a command to its answer or failure, in nanoseconds
 * @param records number of records that a command asks for
 * @param retries records that were asked for again, because a command failed or its node was silent
 * @param refusals lookups that failed at once, because too many were queued
 */
public record ReadStatistics(Distribution nanos, Distribution records, LongAdder retries, LongAdder refusals) {
    /** Creates statistics of no commands. */
    public ReadStatistics() {
        this(Distribution.ofDurations(), Distribution.ofSizes(), new LongAdder(), new LongAdder());
    }
}
