package dev.lineserver.ingest;

import java.util.List;
import java.util.Optional;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Verifies a version that is stored and not yet published. */
record HeldVersion(LineStore store, Progress progress, IngestState state) {
    /** In messages about a source, which is a file and not a dataset, the first line is line 1. */
    private static final LineNumbers NUMBERS_OF_EDITORS = new LineNumbers(1);

    /**
     * Compares a held version with its source, and drops it if it differs, so that it cannot be published by mistake. A
     * version that could not be compared stays held.
     */
    Ingest.Outcome verify(Ingest.Outcome outcome, List<String> sources)
            throws SourceException, StoreException, InterruptedException {
        Manifest held = outcome.manifest();
        String version = IngestState.describe(held);
        Optional<String> difference;
        try (Source source = Source.open(sources);
                Snapshot snapshot = store.open(held)) {
            difference = Verification.firstDifference(snapshot, source, NUMBERS_OF_EDITORS, progress.next("verify"));
        } catch (SourceException | StoreException e) {
            // After an interrupt, the caller says this.
            if (!Thread.currentThread().isInterrupted()) {
                progress.note(state.text());
            }
            throw e;
        }
        if (difference.isPresent()) {
            state.become(version + " is held, but differs from its source; drop it with line-server drop "
                    + held.dataset() + " --version " + held.version());
            store.drop(held.dataset(), held.version());
            state.removed();
            throw new StoreFailedException(version + " was dropped, because it differs from its source: "
                    + difference.get() + "; nothing was published; ingest the source again");
        }
        state.become(version + " is held and verified");
        return new Ingest.Outcome(held, true, true, true, outcome.retries(), outcome.resumedFrom(), outcome.share());
    }
}
