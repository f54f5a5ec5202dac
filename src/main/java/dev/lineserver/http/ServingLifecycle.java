package dev.lineserver.http;

import java.util.Optional;

import io.netty.channel.EventLoopGroup;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.HttpConfig;
import dev.lineserver.config.ServeConfig;
import dev.lineserver.config.StoreConfig;
import dev.lineserver.config.Stores;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.StoreFailedException;

/** Starts serving with the application, and ends it after the application's last request. */
@Singleton
final class ServingLifecycle {
    private final Datasets datasets;
    private @Nullable StoreFailedException failure;

    @SuppressWarnings(
            "deprecation") // Vert.x 5 will make this internal; Vert.x 4 has no other access to its event loops.
    ServingLifecycle(StoreConfig store, ServeConfig serve, HttpConfig http, Vertx vertx) {
        EventLoopGroup eventLoops = vertx.nettyEventLoopGroup();
        datasets = new Datasets(() -> Stores.open(store, eventLoops), serve.dataset(), http.versionCheckInterval());
    }

    @Produces
    @Singleton
    Datasets datasets() {
        return datasets;
    }

    void start(@Observes StartupEvent event) {
        try {
            datasets.start();
        } catch (StoreFailedException e) {
            failure = e;
        }
    }

    void stop(@Observes ShutdownEvent event) {
        datasets.close();
    }

    /** Why serving could not start and would not at another attempt; empty if it did. */
    Optional<StoreFailedException> failure() {
        return Optional.ofNullable(failure);
    }
}
