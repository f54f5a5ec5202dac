package dev.lineserver.ingest;

import java.nio.file.Path;
import java.util.List;

import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LinesPerRecord;

/** Ingests one file, for tests of something else. */
public final class Ingests {
    private Ingests() {}

    /** Stores a file as the next version of a dataset. */
    public static Ingest.Outcome store(LineStore store, Path file, DatasetName dataset, boolean copy) throws Exception {
        return new Ingest(store, Progress.SILENT).store(List.of(file.toString()), options(dataset, copy, false));
    }

    /** Stores a file unless the current version of the dataset has the same content. */
    public static Ingest.Outcome storeIfChanged(LineStore store, Path file, DatasetName dataset, boolean copy)
            throws Exception {
        return new Ingest(store, Progress.SILENT)
                .storeIfChanged(List.of(file.toString()), options(dataset, copy, false));
    }

    /** Returns options that publish the version without checks, with the store's default of kept versions. */
    public static IngestOptions options(DatasetName dataset, boolean copy, boolean force) {
        return options(dataset, copy, force, IngestOptions.Unfinished.REFUSE);
    }

    static IngestOptions options(
            DatasetName dataset, boolean copy, boolean force, IngestOptions.Unfinished unfinished) {
        return new IngestOptions(
                dataset, copy, force, 0, false, LinesPerRecord.ONE, false, null, PublicationChecks.NONE, unfinished);
    }

    /** Returns the content of a file, as an ingest finds it. */
    public static Content content(Path file) throws Exception {
        try (Source source = Source.open(file.toString())) {
            return new SourceReader(source, Progress.SILENT).read(_ -> {});
        }
    }
}
