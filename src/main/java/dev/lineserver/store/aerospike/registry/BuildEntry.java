package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.Instant;

import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.DatasetName;

/**
 * A build in progress, or one that ended before it was complete. It is written with each renewal of the build's lease.
 *
 * @param set name of the set that the build writes to
 * @param source name of the source, for messages
 * @param sourceSize size of the source in bytes, before unpacking; negative if unknown
 * @param startedAt when the version was begun, in milliseconds since the epoch
 * @param resumedAt when it was begun or resumed last, in milliseconds since the epoch
 * @param resumedFrom number of bytes that were stored at that time
 * @param activeAt last sign of life, in milliseconds since the epoch
 * @param stored the lines that are stored
 */
public record BuildEntry(
        String set,
        String source,
        long sourceSize,
        long startedAt,
        long resumedAt,
        long resumedFrom,
        long activeAt,
        StoredPrefix stored) {
    /** Time for which the lines of a build that has ended are kept. Until then, they take space in the cluster. */
    public static final Duration MAX_AGE = Duration.ofHours(24);

    BuildEntry with(StoredPrefix prefix, long now) {
        return new BuildEntry(set, source, sourceSize, startedAt, resumedAt, resumedFrom, now, prefix);
    }

    BuildEntry resumed(long now) {
        return new BuildEntry(set, source, sourceSize, startedAt, now, stored.byteCount(), now, stored);
    }

    BuildStatus status(DatasetName dataset, LineSet lineSet, boolean running) {
        return new BuildStatus(
                dataset,
                lineSet.version(),
                source,
                sourceSize,
                running,
                new Checkpoint(stored.lineCount(), stored.byteCount()),
                resumedFrom,
                Instant.ofEpochMilli(startedAt),
                Instant.ofEpochMilli(resumedAt),
                Instant.ofEpochMilli(activeAt));
    }
}
