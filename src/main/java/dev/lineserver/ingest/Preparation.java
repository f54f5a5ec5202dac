package dev.lineserver.ingest;

import java.util.Optional;

import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Plan;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Looks after unfinished builds, leftovers and room before a source is stored. */
record Preparation(LineStore store, Progress progress, IngestOptions options) {
    /**
     * Decides about an unfinished build before the source is read, and frees space.
     *
     * @return true if the ingest continues an unfinished build
     */
    boolean resumes() throws StoreException {
        Optional<BuildStatus> unfinished = store.builds().stream()
                .filter(build -> build.dataset().equals(options.dataset()) && !build.running())
                .findFirst();
        switch (options.unfinished()) {
            case REFUSE -> {
                if (unfinished.isPresent()) {
                    throw unfinished.get().refusal();
                }
            }
            case RESTART -> {
                boolean _ = store.discardBuild(options.dataset());
            }
            case RESUME -> {}
        }
        reclaim();
        return options.unfinished() == IngestOptions.Unfinished.RESUME && unfinished.isPresent();
    }

    /**
     * Frees space before the store asks for room; a store that does not ask removes the leftovers of the dataset when the
     * build begins. A failure does not prevent an ingest that has room enough.
     */
    private void reclaim() {
        if (!store.requiresPlan()) {
            // To remove those of other datasets would lock these against their own writers.
            return;
        }
        try {
            for (Leftover leftover : store.reclaim(false)) {
                progress.note("reclaimed " + leftover.size() + " " + leftover.unit() + " of " + leftover.name() + ": "
                        + leftover.reason());
            }
        } catch (StoreException e) {
            progress.note("leftovers cannot be reclaimed: " + e.getMessage());
        }
    }

    /** Returns true if other processes are storing the source, which this one joins. */
    boolean joins() throws StoreException {
        return store.builds().stream().anyMatch(build -> build.dataset().equals(options.dataset()));
    }

    /**
     * Returns true if the source must be planned before it is stored.
     *
     * @param begun true if the ingest continues a build; its space is in use already, and was planned when it began
     */
    boolean requiresRoom(boolean begun) {
        return !begun && !options.force() && store.requiresPlan();
    }

    Planning planning() {
        return new Planning(store, options.copy(), options.keep(), options.linesPerRecord(), options.compress());
    }

    /** Fails if a source does not fit. */
    void requireRoom(Source source, Plan plan) throws StoreException {
        plan.warnings().forEach(progress::note);
        if (!plan.fits()) {
            throw new StoreFailedException(ControlCharacters.escape(SourceException.described(source.name()))
                    + " does not fit, and nothing was written: " + String.join("; ", plan.obstacles())
                    + " (use --force to store it without this check)");
        }
    }
}
