package dev.lineserver.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.concurrent.FastThreadLocal;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.Lookup;

/**
 * Answers plain requests for lines in place of Vert.x and Quarkus's router, which a connection's first ones go through, by
 * {@link LineRoute}.
 *
 * <p>See {@code src/docs/decisions/007-kept-connections-skip-the-router.md} for what that saves.
 */
@Singleton
final class DirectLines {
    private static final Logger LOG = Logger.getLogger(DirectLines.class);
    private static final String LINES = "/lines/";
    private static final String DATASETS = "/datasets/";
    private static final int ALL = Integer.MAX_VALUE;

    /** What Quarkus would do to every answer if it were told to. */
    private static final Set<String> FILTERS = Set.of(
            "quarkus.http.access-log.enabled",
            "quarkus.http.cors.enabled",
            "quarkus.http.enable-compression",
            "quarkus.http.proxy.proxy-address-forwarding",
            "quarkus.http.record-request-start-time");

    private final Datasets datasets;
    private final LineAnswers answers;
    private final LookupMetrics metrics;
    private final LineNumbers numbers;
    private final boolean allowed;
    private final Duration grace;
    /** One of these is held by each request under way. */
    private final Semaphore underWay = new Semaphore(ALL);

    private final FastThreadLocal<PlainHead> heads = new FastThreadLocal<>() {
        @Override
        protected PlainHead initialValue() {
            return new PlainHead();
        }
    };

    private volatile boolean draining;

    DirectLines(Datasets datasets, LineAnswers answers, LookupMetrics metrics, ServeConfig serve, Config config) {
        grace = config.getValue("quarkus.shutdown.timeout", Duration.class);
        this.datasets = datasets;
        this.answers = answers;
        this.metrics = metrics;
        numbers = serve.lineNumbers();
        allowed = !hasFilters(config);
    }

    /** Whether Quarkus is told to do something with every request: then all have to come to its router. */
    private static boolean hasFilters(Config config) {
        return FILTERS.stream()
                        .anyMatch(filter ->
                                config.getOptionalValue(filter, Boolean.class).orElse(false))
                || StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                        .anyMatch(name ->
                                name.startsWith("quarkus.http.header.") || name.startsWith("quarkus.http.filter."));
    }

    /** A request for a line, under way from {@link DirectLines#begin} to {@link #end}. */
    final class Request {
        private final OpenVersion version;
        private final long lineIndex;
        private final long start;

        private Request(OpenVersion version, long lineIndex) {
            this.version = version;
            this.lineIndex = lineIndex;
            start = System.nanoTime();
        }

        /** Held until released. */
        OpenVersion version() {
            return version;
        }

        long lineIndex() {
            return lineIndex;
        }

        /** When it began, by {@link System#nanoTime}. */
        long start() {
            return start;
        }

        CompletionStage<Lookup> lookup() {
            try {
                return version.lookup(lineIndex);
            } catch (RuntimeException unexpected) {
                return CompletableFuture.failedFuture(unexpected);
            }
        }

        ByteBuf answer(ByteBufAllocator allocator, byte[] line) {
            return answers.encoded(allocator, version.etag(lineIndex), line);
        }

        /** Counts the lookup: null where the store failed. */
        void record(@Nullable Lookup lookup) {
            metrics.record(lookup, System.nanoTime() - start);
        }

        /** To be called once it has been answered or handed over. */
        void end() {
            underWay.release();
        }
    }

    /** What came of a request: either of the two is null. */
    record Outcome(
            Request request,
            @Nullable Lookup lookup,
            @Nullable Throwable failure) {}

    /**
     * Has the later requests of a connection come here.
     *
     * @return what is known already of the line that is asked for, with its version held
     */
    @Nullable
    Outcome takeOver(HttpServerRequest request) {
        if (!allowed
                || !request.version().equals(HttpVersion.HTTP_1_1)
                || !(request.connection() instanceof HttpServerConnection connection)) {
            return null;
        }
        ChannelHandlerContext vertx = connection.channelHandlerContext();
        ChannelPipeline pipeline = vertx.pipeline();
        KeptConnection kept = pipeline.get(KeptConnection.class);
        if (kept != null) {
            return kept.handledInVertx();
        }
        ChannelHandlerContext decoder = pipeline.context(HttpRequestDecoder.class);
        if (decoder != null) {
            VertxExchanges exchanges = new VertxExchanges();
            pipeline.addBefore(vertx.name(), null, exchanges);
            pipeline.addBefore(decoder.name(), null, new KeptConnection(this, heads.get(), exchanges, pipeline));
        }
        return null;
    }

    /**
     * Takes a plain request.
     *
     * @return to be ended; null where it is not for a line that can be asked for, in its plainest form
     */
    @Nullable
    Request begin(String path) {
        ServedDataset dataset = dataset(path);
        if (dataset == null) {
            return null;
        }
        long lineIndex;
        try {
            lineIndex = numbers.index(path.substring(path.lastIndexOf('/') + 1));
        } catch (IllegalArgumentException noLineNumber) {
            return null;
        }
        // Held from before the lookup on: whoever drains either waits for it, or has it go to Quarkus.
        if (draining || !underWay.tryAcquire()) {
            return null;
        }
        OpenVersion version = dataset.acquire();
        if (version == null) {
            underWay.release();
            return null;
        }
        return new Request(version, lineIndex);
    }

    /** The dataset whose lines are below all of a path but its last part; null where there is none. */
    private @Nullable ServedDataset dataset(String path) {
        int lines = path.lastIndexOf('/') + 1 - LINES.length();
        if (lines < 0 || !path.startsWith(LINES, lines)) {
            return null;
        }
        if (lines == 0) {
            return datasets.findDefault();
        }
        return lines > DATASETS.length() && path.startsWith(DATASETS)
                ? datasets.find(path.substring(DATASETS.length(), lines))
                : null;
    }

    /** Leaves all requests to Quarkus, which says goodbye to its clients, and waits for those that began here. */
    void drain(@Observes ShutdownDelayInitiatedEvent event) throws InterruptedException {
        draining = true;
        if (!underWay.tryAcquire(ALL, grace.toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.warnf("requests were still under way after %d seconds", grace.toSeconds());
        }
    }
}
