package dev.lineserver.http;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.vertx.core.Future;
import io.vertx.core.impl.ContextInternal;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.WholeNumber;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;

/**
 * Acquires the versions that requests read. Safe for use by several threads.
 *
 * @param timeout a request waits no longer until its version is open
 */
record RequestedVersions(Datasets datasets, Duration timeout) {
    /** Returns the version that a path names, which the caller must release; null if it is not open. */
    @Nullable
    OpenVersion acquire(LineTarget target) {
        ServedDataset dataset = datasets.find(datasetName(target));
        if (dataset == null) {
            return null;
        }
        String pinned = target.version();
        return pinned == null ? dataset.acquire() : dataset.acquire(WholeNumber.parse(pinned));
    }

    private String datasetName(LineTarget target) {
        return target.dataset() == null ? datasets.defaultName() : target.dataset();
    }

    /**
     * Opens the version that a path names, without blocking, after {@link #acquire} has returned null for it. Exactly one
     * of the callbacks runs: within this call, or later on the event loop of the context.
     *
     * @param onOpen accepts the version, and must release it
     * @param onRefusal accepts the reason why the request cannot be answered
     */
    void open(LineTarget target, ContextInternal context, Consumer<OpenVersion> onOpen, Consumer<Problem> onRefusal) {
        String name = datasetName(target);
        ServedDataset dataset = datasets.find(name);
        if (dataset == null || target.version() == null) {
            onRefusal.accept(DatasetProblems.notServed(datasets, PathText.readable(name)));
            return;
        }
        long number = WholeNumber.parse(target.version());
        if (number == WholeNumber.INVALID) {
            onRefusal.accept(Problem.notAVersionNumber(PathText.readable(target.version())));
            return;
        }
        Optional<StoredVersion> version = dataset.published(number);
        if (version.isEmpty()) {
            onRefusal.accept(DatasetProblems.notPublished(datasets, dataset, number));
            return;
        }
        Future.fromCompletionStage(dataset.open(version.get()), context)
                .timeout(timeout.toNanos(), TimeUnit.NANOSECONDS)
                .onComplete(opened -> {
                    OpenVersion acquired = acquire(target);
                    if (acquired != null) {
                        onOpen.accept(acquired);
                    } else {
                        onRefusal.accept(notOpened(dataset, number, opened.cause()));
                    }
                });
    }

    private Problem notOpened(ServedDataset dataset, long version, @Nullable Throwable failure) {
        if (dataset.published(version).isEmpty()) {
            return DatasetProblems.notPublished(datasets, dataset, version);
        }
        // Without a failure, the version was opened and closed again, because it was dropped or the heap was too small.
        Throwable reason = failure == null ? new StoreUnavailableException("the version was closed") : failure;
        return DatasetProblems.notOpened(dataset.name(), version, StoreException.causeOf(reason));
    }
}
