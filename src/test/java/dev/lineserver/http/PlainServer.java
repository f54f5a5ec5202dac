package dev.lineserver.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.impl.VertxInternal;
import io.vertx.ext.web.Router;

import dev.lineserver.http.fastpath.FastPathInstaller;

/** Vert.x with the routes of this package and, optionally, the fast path. It starts in milliseconds, without Quarkus. */
final class PlainServer implements AutoCloseable {
    static final Vertx VERTX =
            Vertx.vertx(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(2));

    /** Number of connections accepted. */
    final AtomicInteger connections = new AtomicInteger();

    private final io.vertx.core.http.HttpServer server;

    PlainServer(HttpComponents components, boolean fastPath, HttpServerOptions options) throws Exception {
        this(components, fastPath, options, _ -> {});
    }

    /** @param moreRoutes adds routes after those of this package */
    PlainServer(HttpComponents components, boolean fastPath, HttpServerOptions options, Consumer<Router> moreRoutes)
            throws Exception {
        Router router = Router.router(VERTX);
        components.register(router);
        moreRoutes.accept(router);
        // The same value as in the application.
        options.getInitialSettings().setMaxConcurrentStreams(10_000);
        server = await(VERTX.createHttpServer(options)
                .connectionHandler(_ -> connections.incrementAndGet())
                // Quarkus pauses every request, too.
                .requestHandler(request -> router.handle(request.pause()))
                .listen(0, "127.0.0.1"));
        components.connections.install(VERTX, port());
        awaitAcceptors();
        if (fastPath) {
            FastPathInstaller.install(components, VERTX, router, port());
        }
    }

    /** Waits until handlers that were added to listening channels are in force. */
    static void awaitAcceptors() throws Exception {
        for (EventExecutor loop : ((VertxInternal) VERTX).getAcceptorEventLoopGroup()) {
            loop.submit(() -> {}).get(30, TimeUnit.SECONDS);
        }
    }

    int port() {
        return server.actualPort();
    }

    /**
     * Sends a request on a connection of its own, and returns the answer.
     *
     * @param request method and target, and after a newline the headers but {@code Host}, each ended by CR and LF; each
     *     character is a byte
     */
    byte[] exchange(String request) throws IOException {
        String[] parts = request.split("\n", 2);
        String all = parts[0] + " HTTP/1.1\r\nHost: x\r\n" + (parts.length == 1 ? "" : parts[1])
                + "Connection: close\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(all.getBytes(StandardCharsets.ISO_8859_1));
            return socket.getInputStream().readAllBytes();
        }
    }

    static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        await(server.close());
    }
}
