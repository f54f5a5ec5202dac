package dev.lineserver.http;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;

/** Leaves out what Vert.x has look at every request and answer for the sake of web sockets, which nobody is offered. */
@Singleton
final class NoWebSockets implements HttpServerOptionsCustomizer {
    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        leaveOut(options);
    }

    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        leaveOut(options);
    }

    private static void leaveOut(HttpServerOptions options) {
        options.setPerFrameWebSocketCompressionSupported(false).setPerMessageWebSocketCompressionSupported(false);
    }
}
