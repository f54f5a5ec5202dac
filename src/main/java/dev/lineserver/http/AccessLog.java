package dev.lineserver.http;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.Json;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.config.ServeConfig.AccessLogFormat;
import dev.lineserver.http.access.ApiKey;
import dev.lineserver.store.ControlCharacters;

/**
 * Writes one line about each answer to standard output, in the format of the setting {@code line-server.access-log}. Text
 * of clients cannot forge a line or a field: quotes, backslashes, and all characters but the printable ones of ASCII are
 * escaped. JSON has the characters of UTF-8, too, but those that could act on a terminal. A key is hidden, because somebody
 * may have put it into the target by mistake.
 *
 * <p>The fast path does not know the headers of a request, so it is off while the log is on. The methods may be called on
 * any thread, and do not wait for standard output: {@link AccessLogWriter} does.
 */
@Singleton
final class AccessLog {
    private static final DateTimeFormatter COMMON_TIME =
            DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ROOT).withZone(ZoneId.systemDefault());

    private final AccessLogFormat format;
    private final @Nullable AccessLogWriter writer;
    private final Counter dropped;

    @Inject
    AccessLog(ServeConfig config, MeterRegistry registry) {
        // Not System.out, which hides that nobody reads it any more.
        this(config.accessLog(), registry, new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
    }

    AccessLog(AccessLogFormat format, MeterRegistry registry, OutputStream out) {
        this.format = format;
        writer = format == AccessLogFormat.NONE ? null : new AccessLogWriter(out);
        dropped = Counter.builder("line_server_access_log_dropped")
                .description("Lines of the access log that standard output did not take in time")
                .register(registry);
    }

    void stop(@Observes ShutdownEvent event) {
        close();
    }

    /** Writes the lines that are queued, but waits no longer than a second for it. */
    void close() {
        if (writer != null) {
            writer.close();
        }
    }

    /**
     * Logs an answer that has ended.
     *
     * @param status 0 if the client has disconnected before the answer
     * @param nanos time from the request to the end of its answer
     */
    void log(HttpServerRequest request, int status, long nanos) {
        if (writer != null) {
            Instant begin = Instant.now().minusNanos(nanos);
            long bytes = request.response().bytesWritten();
            boolean queued = writer.write(
                    format == AccessLogFormat.JSON
                            ? json(request, status, bytes, begin, nanos)
                            : text(request, status, bytes, begin));
            if (!queued) {
                dropped.increment();
            }
        }
    }

    /** The format of Apache and nginx. A trace id is one more field at the end. */
    private String text(HttpServerRequest request, int status, long bytes, Instant begin) {
        StringBuilder line = new StringBuilder(200);
        line.append(address(request))
                .append(" - - [")
                .append(COMMON_TIME.format(begin))
                .append("] ");
        appendQuoted(line, request.method() + " " + request.uri() + " " + protocol(request));
        line.append(' ').append(status == 0 ? "-" : status).append(' ').append(bytes == 0 ? "-" : bytes);
        if (format == AccessLogFormat.COMBINED) {
            appendQuoted(line.append(' '), request.getHeader("referer"));
            appendQuoted(line.append(' '), request.getHeader("user-agent"));
        }
        String traceId = TraceParent.traceId(request);
        if (traceId != null) {
            line.append(' ').append(traceId);
        }
        return line.toString();
    }

    private static String json(HttpServerRequest request, int status, long bytes, Instant begin, long nanos) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("time", begin.toString());
        members.put("client", address(request));
        members.put("method", escape(request.method().name()));
        members.put("target", escape(request.uri()));
        members.put("protocol", protocol(request));
        members.put("status", status);
        members.put("bytes", bytes);
        members.put("seconds", nanos / (double) Duration.ofSeconds(1).toNanos());
        putHeader(members, "referer", request.getHeader("referer"));
        putHeader(members, "userAgent", request.getHeader("user-agent"));
        putHeader(members, "traceId", TraceParent.traceId(request));
        return Json.encode(members);
    }

    private static void putHeader(Map<String, Object> members, String name, @Nullable String value) {
        if (value != null) {
            members.put(name, escape(value));
        }
    }

    /** Returns text of a client without its key, and without what could act on a terminal. {@link Json} escapes the rest. */
    private static String escape(String text) {
        return ControlCharacters.escape(decode(ApiKey.mask(text)));
    }

    /**
     * Decodes text whose characters are the bytes of a request, as Netty reads it: UTF-8 becomes its characters, and every
     * other byte is escaped, such as {@code \xe9}.
     */
    private static String decode(String bytes) {
        int bits = 0;
        for (int i = 0; i < bytes.length(); i++) {
            bits |= bytes.charAt(i);
        }
        // Nearly every text is ASCII. One with other characters than bytes has been decoded.
        if (bits <= 0x7f || bits > 0xff) {
            return bytes;
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1));
        // A byte becomes four characters at most, those of its escape.
        CharBuffer out = CharBuffer.allocate(4 * in.remaining());
        CoderResult result = decoder.decode(in, out, true);
        while (result.isMalformed()) {
            for (int i = 0; i < result.length(); i++) {
                out.put(String.format("\\x%02x", in.get()));
            }
            result = decoder.decode(in, out, true);
        }
        return out.flip().toString();
    }

    private static String address(HttpServerRequest request) {
        return request.remoteAddress() == null
                ? "-"
                : String.valueOf(request.remoteAddress().hostAddress());
    }

    private static String protocol(HttpServerRequest request) {
        return switch (request.version()) {
            case HTTP_1_0 -> "HTTP/1.0";
            case HTTP_1_1 -> "HTTP/1.1";
            case HTTP_2 -> "HTTP/2.0";
            case null -> "HTTP/?";
        };
    }

    private static void appendQuoted(StringBuilder line, @Nullable String text) {
        line.append('"');
        String quoted = text == null ? "-" : ApiKey.mask(text);
        for (int i = 0; i < quoted.length(); i++) {
            char c = quoted.charAt(i);
            if (c == '"' || c == '\\') {
                line.append('\\').append(c);
            } else if (c >= ' ' && c <= '~') {
                line.append(c);
            } else {
                line.append(String.format(c <= 0xff ? "\\x%02x" : "\\u%04x", (int) c));
            }
        }
        line.append('"');
    }
}
