package dev.lineserver.http;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoredVersion;

/** A served dataset of 1,000 lines whose lookups a test scripts, and the objects of this package over it. */
public final class ScriptedLines implements AutoCloseable {
    public static final long LINES = 1_000;
    private static final DatasetName NAME = new DatasetName("default");
    private static final Manifest MANIFEST = new Manifest(
            NAME, 7, new Content(LINES, 9_000, new ContentDigest(1, 2), 9, true), "source", "scripted", Instant.EPOCH);
    /** How often the snapshot was closed. */
    public final AtomicInteger closes = new AtomicInteger();

    public final HttpComponents components;
    private volatile LongFunction<CompletionStage<Lookup>> script = _ -> found("");

    public ScriptedLines() throws Exception {
        this(Duration.ofSeconds(30));
    }

    ScriptedLines(Duration lookupTimeout) throws Exception {
        LineStore store = proxy(LineStore.class, (_, method, _) -> switch (method.getName()) {
            case "datasets" -> List.of(new DatasetListing.Described(new DatasetVersions(
                    NAME, List.of(StoredVersion.of(StoredVersion.State.CURRENT, MANIFEST)), MANIFEST.version())));
            case "open" -> snapshot();
            default -> null;
        });
        components = new HttpComponents(() -> store, Duration.ofHours(1), lookupTimeout);
    }

    private Snapshot snapshot() {
        return proxy(Snapshot.class, (_, method, arguments) -> switch (method.getName()) {
            case "manifest" -> MANIFEST;
            case "lookup" -> script.apply((Long) arguments[0]);
            case "close" -> closes.incrementAndGet();
            default -> null;
        });
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
