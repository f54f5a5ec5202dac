package dev.lineserver.ingest;

import java.util.Optional;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Content;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** What precedes the writing of a source: unfinished builds, leftovers, room, and checks of its content. */
record Preparation(LineStore store, Progress progress, IngestOptions options) {
    /**
     * Decides about an unfinished build before the source is read, and frees space.
     *
     * @return true if the ingest continues an unfinished build
     */
    boolean resumes() throws StoreException {
        Optional<BuildStatus> unfinished = build();
        switch (options.unfinished()) {
            case REFUSE -> {
                // The store refuses a build beside one in progress.
                if (unfinished.isPresent() && !unfinished.get().running()) {
                    throw unfinished.get().refusal();
                }
            }
            case RESTART -> {
                if (store.discardBuild(options.dataset())) {
                    progress.note("the unfinished ingest of " + options.dataset() + " was discarded");
                }
            }
            case RESUME -> {}
        }
        reclaim();
        // If its process may still be alive, the store waits for it.
        return options.unfinished() == IngestOptions.Unfinished.RESUME && unfinished.isPresent();
    }

    private Optional<BuildStatus> build() throws StoreException {
        return store.builds().stream()
                .filter(build -> build.dataset().equals(options.dataset()))
                .findFirst();
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
                progress.note("reclaimed " + Quantities.grouped(leftover.size()) + " " + leftover.unit() + " of "
                        + leftover.name() + ": " + leftover.reason());
            }
        } catch (StoreException e) {
            progress.note("leftovers cannot be reclaimed: " + e.getMessage());
        }
    }

    /** Returns true if other processes are storing the source, which this one joins. */
    boolean joins() throws StoreException {
        return build().isPresent();
    }

    /**
     * Returns true if the source must be planned before it is stored.
     *
     * @param resumes true if the ingest continues a build; its space is in use already, and was planned when it began
     */
    boolean requiresRoom(boolean resumes) {
        return !resumes && !options.force() && store.requiresPlan();
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

    /** Returns the current version, if a check requires it. */
    Optional<Manifest> current() throws StoreException {
        try {
            return options.checks().requiresCurrent() ? store.current(options.dataset()) : Optional.empty();
        } catch (StoreFailedException e) {
            throw new StoreFailedException(
                    e.getMessage() + " (leave out --max-change to store the source without this check)", e);
        }
    }

    /** Fails if a content must not be published. */
    void requirePassed(Source source, Content content, Optional<Manifest> current) throws SourceException {
        Optional<String> failure = options.checks().failure(SourceException.described(source.name()), content, current);
        if (failure.isPresent()) {
            throw new SourceException(failure.get() + "; nothing was published");
        }
    }

    BuildRequest request(Source source) {
        return new BuildRequest(
                options.dataset(),
                source.name(),
                source.file(),
                options.copy() || !source.isPlainFile(),
                options.keep(),
                options.hold(),
                options.linesPerRecord(),
                options.compress(),
                options.unfinished() == IngestOptions.Unfinished.RESUME);
    }
}
