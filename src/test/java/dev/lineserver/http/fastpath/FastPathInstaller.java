package dev.lineserver.http.fastpath;

import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.netty.util.concurrent.EventExecutor;
import io.quarkus.value.registry.ValueRegistry;
import io.quarkus.vertx.http.HttpServerStart;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.impl.VertxInternal;
import io.vertx.ext.web.Router;

import dev.lineserver.http.HttpComponents;
import dev.lineserver.http.ScriptedLines;

/** Installs the fast path on a plain Vert.x, as an event of Quarkus does in the application. */
public final class FastPathInstaller {
    private FastPathInstaller() {}

    /** Returns after the fast path has been installed on the listening port. */
    public static void install(HttpComponents components, Vertx vertx, Router router, int port) throws Exception {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(
                        Map.of("quarkus.micrometer.binder.http-server.enabled", "false"), "settings", 250))
                .build();
        ValueRegistry ports = ScriptedLines.proxy(ValueRegistry.class, (_, _, _) -> port);
        new FastPath(components.lineRoute, components.head, components.outcomes)
                .install(new HttpServerStart(new HttpServerOptions()), vertx, router, config, ports);
        for (EventExecutor loop : ((VertxInternal) vertx).getAcceptorEventLoopGroup()) {
            loop.submit(() -> {}).get(30, TimeUnit.SECONDS);
        }
    }
}
