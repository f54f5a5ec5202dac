package dev.lineserver.http;

import java.util.List;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import dev.lineserver.config.ServeConfig;

/**
 * Lets pages of the configured origins read answers, by the CORS protocol of the Fetch standard. Without such origins there is
 * no route, and the fast path may be on; {@code src/docs/decisions/031-cors-by-a-route.md} has the reasons.
 *
 * <p>It only adds headers, and answers preflight requests. It refuses no request: browsers do that, and only they can.
 */
@Singleton
final class CrossOriginRoute {
    /** After {@link ManagementPort}, and before every other route. */
    private static final int ORDER = Integer.MIN_VALUE + 2;

    private static final String METHODS = "GET, HEAD, POST, OPTIONS";
    private static final String EXPOSED = "ETag, Content-Range, Accept-Ranges, Link, Retry-After, RateLimit";
    /** The wildcard stands for every header but this one, which has the key of a client. */
    private static final String HEADERS = "*, Authorization";
    /** Time for which a browser may keep the answer to a preflight request, in seconds. */
    private static final String MAX_AGE = "3600";

    private final List<String> origins;
    private final boolean all;
    private final boolean keys;

    CrossOriginRoute(ServeConfig config) {
        origins = config.http().corsOrigins().orElse(List.of());
        all = origins.equals(List.of("*"));
        keys = config.http().apiKeys().isPresent();
    }

    void register(@Observes Router router) {
        if (!origins.isEmpty()) {
            router.route().setName("line-server.http.cors-origins").order(ORDER).handler(this::handle);
        }
    }

    private void handle(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        MultiMap headers = request.response().headers();
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (!all) {
            // Also without an Origin: a cache must not give that answer to a page of another origin.
            headers.add(HttpHeaders.VARY, "Origin");
        }
        if (all || origins.contains(origin)) {
            headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, all ? "*" : origin);
            if (origin != null && isPreflight(request)) {
                headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS)
                        .set(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, keys ? HEADERS : "*")
                        .set(HttpHeaders.ACCESS_CONTROL_MAX_AGE, MAX_AGE);
                request.response().setStatusCode(204).end();
                return;
            }
            headers.set(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        routing.next();
    }

    private static boolean isPreflight(HttpServerRequest request) {
        return request.method().equals(HttpMethod.OPTIONS)
                && request.headers().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
    }
}
