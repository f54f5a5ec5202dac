package dev.lineserver.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/** The header {@code traceparent} of W3C Trace Context, with which a client names the trace that a request belongs to. */
final class TraceParent {
    /** Later versions may append fields; version ff is invalid. */
    private static final Pattern FORM =
            Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?");

    private TraceParent() {}

    /** Returns the trace id of a request, 32 hexadecimal digits; null if it has no valid one. */
    static @Nullable String traceId(HttpServerRequest request) {
        String header = request.getHeader("traceparent");
        Matcher matcher = header == null ? null : FORM.matcher(header);
        return matcher != null && matcher.matches() ? matcher.group(1) : null;
    }
}
