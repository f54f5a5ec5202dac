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

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.ext.web.Router;

import dev.lineserver.config.HttpConfig;
import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;

/** A served dataset of 1,000 lines whose lookups a test answers, and the classes of this package over it. */
public final class ScriptedLines implements AutoCloseable {
    public static final long LINES = 1_000;
    private static final DatasetName NAME = new DatasetName("default");
    private static final Manifest MANIFEST = new Manifest(
            NAME, 7, new Content(LINES, 9_000, new ContentDigest(1, 2), 9, true), "source", "scripted", Instant.EPOCH);
    private static final SmallRyeConfig CONFIG = new SmallRyeConfigBuilder()
            .addDiscoveredCustomizers()
            .withMapping(ServeConfig.class)
            .withMapping(HttpConfig.class)
            .withDefaultValue("line-server.http.version-check-interval", "PT1H")
            .build();

    public final MeterRegistry registry = new SimpleMeterRegistry();
    /** Closes of the snapshot. */
    public final AtomicInteger closes = new AtomicInteger();

    public final LineHead head = new LineHead(CONFIG.getConfigMapping(HttpConfig.class));
    public final RequestFailures failures = new RequestFailures(registry);
    public final LineLookups lookups;
    final LookupMetrics metrics = new LookupMetrics(registry);
    final LineAnswers answers;

    private final Datasets datasets;
    private volatile LongFunction<CompletionStage<Lookup>> script = _ -> found("");

    public ScriptedLines() throws Exception {
        ServeConfig serve = CONFIG.getConfigMapping(ServeConfig.class);
        LineStore store = proxy(LineStore.class, (_, method, _) -> switch (method.getName()) {
            case "datasets" -> List.of(new DatasetListing.Described(MANIFEST));
            case "open" -> snapshot();
            default -> null;
        });
        datasets = new Datasets(() -> store, NAME, Duration.ofHours(1));
        datasets.start();
        lookups = new LineLookups(datasets, serve, metrics);
        answers = new LineAnswers(lookups, metrics, failures, head, serve);
    }

    private Snapshot snapshot() {
        return proxy(Snapshot.class, (_, method, arguments) -> switch (method.getName()) {
            case "manifest" -> MANIFEST;
            case "lookup" -> script.apply((Long) arguments[0]);
            case "close" -> closes.incrementAndGet();
            default -> null;
        });
    }

    /** An implementation of an interface by one method. */
    public static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    public static CompletionStage<Lookup> found(String line) {
        return CompletableFuture.completedFuture(
                new Lookup.Found(line.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)));
    }

    /** Scripts the lines of a dataset by line index. */
    public void answer(LongFunction<CompletionStage<Lookup>> script) {
        this.script = script;
    }

    /** Registers the routes for lines, and the one in front of them. */
    public void register(Router router) {
        new RequestGuard(failures).register(router);
        new LineRoute(datasets, answers, CONFIG.getConfigMapping(ServeConfig.class)).register(router);
    }

    /** Has the script's answers end on another thread. */
    void answerLater() {
        LongFunction<CompletionStage<Lookup>> answers = script;
        script = index -> CompletableFuture.supplyAsync(
                        () -> answers, CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS))
                .thenCompose(script -> script.apply(index));
    }

    public double count(String counter) {
        return registry.get(counter).counter().count();
    }

    /** Withdraws the dataset: its snapshot is closed as soon as no request holds it. */
    @Override
    public void close() {
        datasets.close();
    }
}
