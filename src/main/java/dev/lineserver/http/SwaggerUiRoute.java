package dev.lineserver.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import dev.lineserver.config.ServeConfig;

/**
 * Serves Swagger UI, a page that shows {@code /q/openapi} and sends requests, if it is turned on. The extension of Quarkus has
 * Vert.x resolve its files on the class path. That is turned off, because Vert.x would unpack them into a directory.
 */
@Singleton
final class SwaggerUiRoute {
    private static final String PATH = "/q/swagger-ui/";
    /** The build copies them from the library smallrye-open-api-ui. */
    private static final String FILES = "/swagger-ui/";

    private static final String PAGE = """
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <title>Line Server API</title>
            <link rel="stylesheet" href="swagger-ui.css">
            <div id="page"></div>
            <script src="swagger-ui-bundle.js"></script>
            <script src="start.js"></script>
            </html>
            """;
    private static final String START = """
            SwaggerUIBundle({url: '../openapi', dom_id: '#page', deepLinking: true, validatorUrl: null});
            """;
    /** No script but those of this server. Swagger UI sets styles in attributes, and has images in its style sheet. */
    private static final String POLICY =
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

    private final boolean enabled;

    SwaggerUiRoute(ServeConfig config) {
        enabled = config.http().swaggerUi();
    }

    void register(@Observes Router router) {
        if (enabled) {
            // The links of the page are relative, so that a proxy may add a prefix.
            router.route("/q/swagger-ui").handler(routing -> {
                if (routing.request().path().endsWith("/")) {
                    routing.next();
                } else {
                    routing.response()
                            .setStatusCode(308)
                            .putHeader(HttpHeaders.LOCATION, "swagger-ui/")
                            .end();
                }
            });
            serve(router, "", "text/html; charset=UTF-8", PAGE.getBytes(StandardCharsets.UTF_8));
            serve(router, "start.js", "text/javascript", START.getBytes(StandardCharsets.UTF_8));
            serve(router, "swagger-ui-bundle.js", "text/javascript", read("swagger-ui-bundle.js"));
            serve(router, "swagger-ui.css", "text/css", read("swagger-ui.css"));
        }
    }

    private static byte[] read(String file) {
        try (InputStream in = SwaggerUiRoute.class.getResourceAsStream(FILES + file)) {
            return Objects.requireNonNull(in, file).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void serve(Router router, String file, String type, byte[] bytes) {
        router.route(PATH + file)
                .method(HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .handler(routing -> routing.response()
                        .putHeader(HttpHeaders.CONTENT_TYPE, type)
                        .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                        .putHeader("Content-Security-Policy", POLICY)
                        .end(Buffer.buffer(bytes)));
    }
}
