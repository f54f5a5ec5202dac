package dev.lineserver.http;

import java.util.concurrent.TimeUnit;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;

import dev.lineserver.http.fastpath.FastPathInstaller;

/** Vert.x with the routes of this package and, optionally, the fast path. It starts in milliseconds, without Quarkus. */
final class PlainServer implements AutoCloseable {
    private static final Vertx VERTX =
            Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(2));

    private final io.vertx.core.http.HttpServer server;

    PlainServer(HttpComponents components, boolean fastPath, HttpServerOptions options) throws Exception {
        Router router = Router.router(VERTX);
        components.register(router);
        // The same value as in the application.
        options.getInitialSettings().setMaxConcurrentStreams(10_000);
        server = await(VERTX.createHttpServer(options).requestHandler(router).listen(0, "127.0.0.1"));
        if (fastPath) {
            FastPathInstaller.install(components, VERTX, router, port());
        }
    }

    int port() {
        return server.actualPort();
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        await(server.close());
    }
}
