package dev.lineserver.http;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.LongFunction;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;

/**
 * A served dataset of 1,000 lines whose lookups a test scripts, and the objects of this package over it. Version 7 is
 * current, 5 is kept, 6 is held, 4 is kept and cannot be described; the others up to 9 are gone.
 */
public final class ScriptedLines implements AutoCloseable {
    public static final long LINES = 1_000;
    private static final DatasetName NAME = new DatasetName("default");
    private static final Manifest CURRENT = manifest(7);
    private static final DatasetVersions VERSIONS = new DatasetVersions(
            NAME,
            List.of(
                    StoredVersion.of(StoredVersion.State.CURRENT, CURRENT),
                    StoredVersion.of(StoredVersion.State.HELD, manifest(6)),
                    StoredVersion.of(StoredVersion.State.KEPT, manifest(5)),
                    StoredVersion.unreadable(
                            StoredVersion.State.KEPT, 4, new StoreFailedException("its manifest is damaged"))),
            9,
            5);
    /** How often the snapshot of the current version was closed. */
    public final AtomicInteger closes = new AtomicInteger();
    /** How often a snapshot of the kept version was closed. */
    final AtomicInteger closesOfKept = new AtomicInteger();
    /** How often the store was asked to open the kept version. */
    final AtomicInteger openedKept = new AtomicInteger();

    public final HttpComponents components;
    private volatile Callable<?> opening = () -> true;
    private volatile LongFunction<CompletionStage<Lookup>> script = _ -> found("");
    private volatile @Nullable BiFunction<Long, Long, LineRange> ranges;

    public ScriptedLines() throws Exception {
        this(Duration.ofSeconds(30));
    }

    ScriptedLines(Duration lookupTimeout) throws Exception {
        this(lookupTimeout, Map.of());
    }

    /** @param settings of the HTTP server, by property name */
    public ScriptedLines(Duration lookupTimeout, Map<String, String> settings) throws Exception {
        LineStore store = proxy(LineStore.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "builds", "readStatistics" -> InvocationHandler.invokeDefault(proxy, method, arguments);
            case "datasets" -> List.of(new DatasetListing.Described(VERSIONS));
            case "versions" -> Optional.of(VERSIONS);
            case "open" -> arguments[0].equals(CURRENT) ? snapshot(CURRENT) : openKept((Manifest) arguments[0]);
            default -> null;
        });
        components = new HttpComponents(() -> store, Duration.ofHours(1), lookupTimeout, settings);
    }

    private static Manifest manifest(long version) {
        Content content = new Content(LINES, 9_000, new ContentDigest(1, version == 7 ? 2 : version), 9, true);
        return new Manifest(NAME, version, content, "source", "scripted", Instant.EPOCH, List.of());
    }

    private Snapshot openKept(Manifest manifest) throws Exception {
        openedKept.incrementAndGet();
        opening.call();
        return snapshot(manifest);
    }

    private Snapshot snapshot(Manifest manifest) {
        return proxy(Snapshot.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "manifest" -> manifest;
            case "range" ->
                ranges == null
                        ? InvocationHandler.invokeDefault(proxy, method, arguments)
                        : ranges.apply((Long) arguments[0], (Long) arguments[1]);
            case "lookupAll", "linesPerRead" -> InvocationHandler.invokeDefault(proxy, method, arguments);
            case "lookup" -> script.apply((Long) arguments[0]);
            case "close" -> (manifest.equals(CURRENT) ? closes : closesOfKept).incrementAndGet();
            default -> null;
        });
    }

    /** Sets what happens, on a background thread, before the kept version is open. */
    void beforeOpening(Callable<?> task) {
        opening = task;
    }

    /** Opens the kept version as a request does, and returns when it is open. */
    public void openKept() throws Exception {
        ServedDataset dataset = Objects.requireNonNull(components.datasets.find("default"));
        dataset.open(dataset.published(5).orElseThrow()).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    /** Implements an interface by a single handler. */
    public static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    public static CompletionStage<Lookup> found(String line) {
        return CompletableFuture.completedFuture(
                new Lookup.Found(line.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)));
    }

    /** Sets the outcome of each lookup by its line index. */
    public void answer(LongFunction<CompletionStage<Lookup>> script) {
        this.script = script;
    }

    /** Sets the ranges by the indices of their first line and after their last; without this call, lookups answer them. */
    void answerRanges(BiFunction<Long, Long, LineRange> ranges) {
        this.ranges = ranges;
    }

    /** Makes the scripted lookups complete on another thread. */
    void answerOnAnotherThread() {
        LongFunction<CompletionStage<Lookup>> answers = script;
        script = index -> CompletableFuture.supplyAsync(
                        () -> answers, CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS))
                .thenCompose(script -> script.apply(index));
    }

    /** Withdraws the dataset. Its snapshot is closed after the last request has released it. */
    @Override
    public void close() {
        components.close();
    }
}
