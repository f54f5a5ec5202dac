package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.HttpConfig;
import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreUnavailableException;

/** Turns what the store says of a line into an HTTP answer. */
@Singleton
final class LineAnswers {
    private static final Logger LOG = Logger.getLogger(LineAnswers.class);

    /** Two line ends. */
    private static final int END_OF_HEAD = 0x0D0A0D0A;

    private final LookupMetrics metrics;
    private final CharSequence contentType;
    private final CharSequence cacheControl;
    private final byte[] headToEtag;
    private final byte[] headToLength;
    private final LineNumbers numbers;

    LineAnswers(LookupMetrics metrics, HttpConfig http, ServeConfig store) {
        this.metrics = metrics;
        contentType = HttpHeaders.createOptimized("text/plain; charset=" + http.charset());
        cacheControl = HttpHeaders.createOptimized(http.cacheControl());
        headToEtag = ascii("HTTP/1.1 200 OK\r\netag: ");
        headToLength = ascii(
                "\r\ncache-control: " + cacheControl + "\r\ncontent-type: " + contentType + "\r\ncontent-length: ");
        numbers = store.lineNumbers();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    void answer(HttpServerRequest request, ServedDataset dataset, long lineIndex) {
        OpenVersion version = dataset.acquire();
        if (version == null) {
            metrics.unavailable();
            Problem.unavailable(dataset.unavailability().orElse("dataset " + dataset.name() + " is being opened"))
                    .answer(request);
            return;
        }
        long start = System.nanoTime();
        version.lookup(lineIndex).whenComplete(EventLoop.back((lookup, failure) -> {
            metrics.record(lookup, System.nanoTime() - start);
            answer(request, version, lineIndex, lookup, failure);
        }));
    }

    /**
     * Answers with what came of a lookup, on the request's event loop.
     *
     * @param version held, and released once it is no longer needed
     * @param lookup null where the store failed
     * @param failure null where it did not
     */
    void answer(
            HttpServerRequest request,
            OpenVersion version,
            long lineIndex,
            @Nullable Lookup lookup,
            @Nullable Throwable failure) {
        boolean done = true;
        try {
            done = lookup == null ? fail(request, failure) : answer(request, version, lineIndex, lookup);
        } finally {
            if (done) {
                version.release();
            }
        }
    }

    /** A whole HTTP/1.1 answer with a line, byte for byte as Vert.x would write it. */
    ByteBuf encoded(ByteBufAllocator allocator, String etag, byte[] line) {
        String length = Integer.toString(line.length);
        int size =
                headToEtag.length + etag.length() + headToLength.length + length.length() + Integer.BYTES + line.length;
        ByteBuf answer = allocator.ioBuffer(size).writeBytes(headToEtag);
        ByteBufUtil.writeAscii(answer, etag);
        answer.writeBytes(headToLength);
        ByteBufUtil.writeAscii(answer, length);
        return answer.writeInt(END_OF_HEAD).writeBytes(line);
    }

    /** @return whether the version is no longer needed */
    private boolean answer(HttpServerRequest request, OpenVersion version, long lineIndex, Lookup lookup) {
        switch (lookup) {
            case Lookup.Found(byte[] line) -> {
                if (!notModified(request, version.etag(lineIndex), line.length)) {
                    end(request, line);
                }
            }
            case Lookup.FoundInParts(var parts) -> {
                boolean head = request.method().equals(HttpMethod.HEAD);
                if (notModified(request, version.etag(lineIndex), parts.length())) {
                    return true;
                }
                if (!head) {
                    new PartsWriter(request.response(), parts, version::release).start();
                    return false;
                }
                request.response().end();
            }
            case Lookup.PastTheEnd(long lineCount) -> {
                Problem problem = Problem.pastTheEnd(lineCount);
                problem.answer(request, problem.json().put("lines", lineCount));
            }
            case Lookup.Damaged(String what) -> damaged(request, version.manifest(), lineIndex, what);
        }
        return true;
    }

    /** Sets the headers that all answers with a line have; ends the answer where the client has the line. */
    private boolean notModified(HttpServerRequest request, String etag, long length) {
        HttpServerResponse response = request.response();
        response.headers().set(HttpHeaders.ETAG, etag).set(HttpHeaders.CACHE_CONTROL, cacheControl);
        if (EntityTags.match(request.headers().get(HttpHeaders.IF_NONE_MATCH), etag)) {
            response.setStatusCode(304).end();
            return true;
        }
        response.headers()
                .set(HttpHeaders.CONTENT_TYPE, contentType)
                .set(HttpHeaders.CONTENT_LENGTH, Long.toString(length));
        return false;
    }

    private static void end(HttpServerRequest request, byte[] line) {
        if (request.method().equals(HttpMethod.HEAD)) {
            request.response().end();
        } else {
            request.response().end(Wrapped.of(line));
        }
    }

    private void damaged(HttpServerRequest request, Manifest manifest, long lineIndex, String what) {
        long number = numbers.number(lineIndex);
        LOG.errorf("dataset %s version %d line %d: %s", manifest.dataset(), manifest.version(), number, what);
        Problem problem = Problem.damaged("Line " + number + " of dataset " + manifest.dataset() + " version "
                + manifest.version() + ": " + what);
        problem.answer(
                request,
                problem.json()
                        .put("dataset", manifest.dataset().value())
                        .put("version", manifest.version())
                        .put("line", number));
    }

    private static boolean fail(HttpServerRequest request, @Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof StoreUnavailableException unavailable) {
            Problem.unavailable(unavailable.getMessage()).answer(request);
        } else {
            LOG.error("a line could not be answered", cause);
            Problem.unexpected().answer(request);
        }
        return true;
    }
}
