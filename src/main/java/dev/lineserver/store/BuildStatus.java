package dev.lineserver.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * A build in progress, or one that ended before it was complete and can be resumed.
 *
 * @param dataset the dataset that receives the version
 * @param version number that the version will have
 * @param sourceName origin of the content, for display
 * @param sourceSize size of the source in bytes, before unpacking; negative if unknown
 * @param running true if a process writes the version now
 * @param stored the end of the lines that are stored, as of {@code activeAt}
 * @param resumedFrom number of bytes that were stored at {@code resumedAt}, and have not been lost since
 * @param startedAt when the version was begun
 * @param resumedAt when the version was begun or resumed last
 * @param activeAt last sign of life of its process
 * @param parts the processes that write the version together, by number; none if it is one process
 */
public record BuildStatus(
        DatasetName dataset,
        long version,
        String sourceName,
        long sourceSize,
        boolean running,
        Checkpoint stored,
        long resumedFrom,
        Instant startedAt,
        Instant resumedAt,
        Instant activeAt,
        List<PartStatus> parts) {
    /** Copies the parts. */
    public BuildStatus {
        parts = List.copyOf(parts);
    }

    /**
     * One of several processes that write a version together.
     *
     * @param part its number
     * @param running true if the process has not ended
     * @param owner describes the process
     * @param lines number of lines that it has stored
     */
    public record PartStatus(IngestPart part, boolean running, String owner, long lines) {}

    /** Returns the rate since {@code resumedAt}, in bytes per second; 0 if it is unknown. */
    public double bytesPerSecond() {
        long millis = Duration.between(resumedAt, activeAt).toMillis();
        return millis <= 0 ? 0 : (stored.byteOffset() - resumedFrom) * 1000.0 / millis;
    }

    /**
     * Checks that the source of a build may be that of the unfinished one that it resumes.
     *
     * @param unfinishedSize size of the latter source in bytes; negative if unknown
     */
    public static void requireSameSize(BuildRequest request, long unfinishedSize) throws StoreFailedException {
        long size = request.sourceSize();
        if (size >= 0 && unfinishedSize >= 0 && size != unfinishedSize) {
            throw new StoreFailedException(ControlCharacters.escape(request.sourceName()) + " has "
                    + Quantities.grouped(size) + " bytes, and the source of the unfinished ingest had "
                    + Quantities.grouped(unfinishedSize) + ": name that source, or begin again with ingest --restart");
        }
    }

    /** Returns the failure of a build whose first lines differ from those that the unfinished one has stored. */
    public static StoreFailedException otherSource(long storedLines) {
        return new StoreFailedException("the source is not that of the unfinished ingest: its first "
                + Quantities.grouped(storedLines)
                + " lines differ from those that are stored; name that source,"
                + " or begin again with ingest --restart");
    }

    /** Returns the failure of an ingest that neither resumes this build nor discards it. */
    public StoreFailedException refusal() {
        return new StoreFailedException("an ingest of '" + ControlCharacters.escape(sourceName) + "' into dataset "
                + dataset + " ended before it was complete, and "
                + Quantities.counted(stored.lineIndex(), "line of it is stored", "lines of it are stored")
                + ". Continue it with "
                + (parts.isEmpty() ? "" : "--part I/" + parts.getFirst().part().count() + " ")
                + "--resume, or begin again with ingest --restart");
    }
}
