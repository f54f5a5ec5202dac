package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IngestPart;

/**
 * A build in progress, or one that ended before it was complete. It is written with each renewal of the build's lease.
 *
 * @param set name of the set that the build writes to
 * @param source name of the source, for messages
 * @param sourceSize size of the source in bytes, before unpacking; negative if unknown
 * @param startedAt when the version was begun, in milliseconds since the epoch
 * @param resumedAt when it was begun or resumed last, in milliseconds since the epoch
 * @param resumedFrom number of bytes that were stored at that time, and have not been lost since
 * @param activeAt last sign of life, in milliseconds since the epoch
 * @param stored the lines that are stored; of several parts only their numbers, and no digest
 * @param parts the work of several processes; null if one process writes all lines
 */
record BuildEntry(
        String set,
        String source,
        long sourceSize,
        long startedAt,
        long resumedAt,
        long resumedFrom,
        long activeAt,
        StoredPrefix stored,

        @JsonSetter(nulls = Nulls.SET) @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
        PartsEntry parts) {
    /** Time for which the lines of a build that has ended are kept. Until then, they take space in the cluster. */
    static final Duration MAX_AGE = Duration.ofHours(24);

    BuildEntry with(StoredPrefix prefix, long now) {
        long kept = Math.min(resumedFrom, prefix.written().byteOffset());
        return new BuildEntry(set, source, sourceSize, startedAt, resumedAt, kept, now, prefix, parts);
    }

    BuildEntry with(PartsEntry changed, long now) {
        long lines = changed.storedLines();
        // Lines that are as long on average take as many bytes.
        long bytes = (long) ((double) changed.byteCount() * lines / Math.max(1, changed.lineCount()));
        StoredPrefix prefix = new StoredPrefix(
                lines, bytes, "", 0, changed.linesPerRecord(), changed.compressed(), changed.maxBytesPerRecord());
        long kept = Math.min(resumedFrom, bytes);
        return new BuildEntry(set, source, sourceSize, startedAt, resumedAt, kept, now, prefix, changed);
    }

    BuildEntry resumed(long now) {
        return new BuildEntry(set, source, sourceSize, startedAt, now, stored.byteCount(), now, stored, parts);
    }

    BuildStatus status(DatasetName dataset, LineSet lineSet, boolean running, long now) {
        List<BuildStatus.PartStatus> all = parts == null
                ? List.of()
                : parts.parts().entrySet().stream()
                        .map(part -> new BuildStatus.PartStatus(
                                new IngestPart(Integer.parseInt(part.getKey()), parts.count()),
                                part.getValue().isAlive(now),
                                part.getValue().owner(),
                                part.getValue().lines()))
                        .toList();
        return new BuildStatus(
                dataset,
                lineSet.version(),
                source,
                sourceSize,
                running,
                parts == null ? stored.written() : new Checkpoint(stored.lineCount(), stored.byteCount()),
                resumedFrom,
                Instant.ofEpochMilli(startedAt),
                Instant.ofEpochMilli(resumedAt),
                Instant.ofEpochMilli(activeAt),
                all);
    }
}
