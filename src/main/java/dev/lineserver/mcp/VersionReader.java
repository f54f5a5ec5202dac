package dev.lineserver.mcp;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.Await;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;

/** A version that a tool reads, on one thread, which waits for the store. */
final class VersionReader implements AutoCloseable {
    final OpenVersion version;
    private final Duration timeout;
    private CompletableFuture<?> lastRead = CompletableFuture.completedFuture(null);

    private VersionReader(OpenVersion version, Duration timeout) {
        this.version = version;
        this.timeout = timeout;
    }

    /**
     * Opens a version, and waits until it is open.
     *
     * @param number number of the version; empty for the current one
     * @param timeout of this wait, and of each read
     */
    static VersionReader open(Datasets datasets, String name, OptionalLong number, Duration timeout)
            throws ToolFailure, StoreException, InterruptedException {
        ServedDataset dataset = find(datasets, name);
        if (number.isEmpty()) {
            OpenVersion current = dataset.acquire();
            if (current == null) {
                throw new StoreUnavailableException(
                        dataset.unavailability().orElse("dataset " + name + " is being opened"));
            }
            return new VersionReader(current, timeout);
        }
        OpenVersion opened = dataset.acquire(number.getAsLong());
        if (opened == null) {
            Optional<StoredVersion> version = dataset.published(number.getAsLong());
            if (version.isEmpty()) {
                throw new ToolFailure("dataset " + name + " has no published version " + number.getAsLong()
                        + "; the tool stat lists those it has");
            }
            await(dataset.open(version.get()).toCompletableFuture(), timeout);
            opened = dataset.acquire(number.getAsLong());
        }
        if (opened == null) {
            throw new StoreUnavailableException("version " + number.getAsLong() + " was closed; try again");
        }
        return new VersionReader(opened, timeout);
    }

    /** Returns a dataset, or fails if the store does not list it. */
    static ServedDataset find(Datasets datasets, String name) throws ToolFailure, StoreUnavailableException {
        ServedDataset dataset = datasets.find(name);
        if (dataset == null) {
            Optional<String> reason = datasets.unavailability();
            if (reason.isPresent()) {
                throw new StoreUnavailableException(reason.get());
            }
            throw new ToolFailure("there is no dataset " + name + "; the tool stat lists the datasets there are");
        }
        return dataset;
    }

    /** Waits for a read of this version. */
    <T extends @Nullable Object> T await(CompletionStage<T> read) throws StoreException, InterruptedException {
        CompletableFuture<T> future = read.toCompletableFuture();
        lastRead = future;
        return await(future, timeout);
    }

    private static <T extends @Nullable Object> T await(CompletableFuture<T> future, Duration timeout)
            throws StoreException, InterruptedException {
        try {
            return future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            throw StoreUnavailableException.late(timeout);
        } catch (ExecutionException e) {
            if (StoreException.causeOf(e) instanceof StoreException failure) {
                throw failure;
            }
            throw Await.unchecked(e);
        }
    }

    /** Releases the version, after the store has ended the last read. */
    @Override
    public void close() {
        CompletableFuture<?> _ = lastRead.whenComplete((_, _) -> version.release());
    }
}
