package dev.lineserver.ingest;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IngestRate;
import dev.lineserver.store.LinesPerRecord;

/**
 * The way in which an ingest stores its source.
 *
 * @param dataset the dataset that receives the version
 * @param copy true if the store must copy the bytes even though the file could stay in place
 * @param force true to skip the plan that some stores require
 * @param keep number of published versions that stay stored, as in {@link BuildRequest#keep}; 0 for the store's default
 * @param hold true to store and verify the version without publishing it
 * @param linesPerRecord number of consecutive lines that a database stores together
 * @param compress true to store the lines compressed; the embedded store then copies them
 * @param rate the largest rate at which the store receives lines; null for no limit
 * @param checks conditions without which nothing is published
 * @param unfinished what happens to an unfinished build of the dataset
 */
public record IngestOptions(
        DatasetName dataset,
        boolean copy,
        boolean force,
        int keep,
        boolean hold,
        LinesPerRecord linesPerRecord,
        boolean compress,
        @Nullable IngestRate rate,
        PublicationChecks checks,
        Unfinished unfinished) {
    /** What happens to an unfinished build of the dataset. Without such a build, all of these begin one. */
    public enum Unfinished {
        /** The ingest is refused. */
        REFUSE,
        /** The ingest continues it. */
        RESUME,
        /** It is discarded, and the ingest begins again. */
        RESTART
    }
}
