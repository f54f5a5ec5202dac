package dev.lineserver.http;

import java.time.Duration;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.ext.web.Router;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.DatasetName;

/** The classes of this package over a store, put together as CDI does, with metrics that a test can read. */
public final class HttpComponents implements AutoCloseable {
    public final MeterRegistry registry = new SimpleMeterRegistry();
    public final RequestOutcomes outcomes = new RequestOutcomes(registry);
    public final LineHead head;
    public final LineRoute lineRoute;
    final Datasets datasets;

    public HttpComponents(Datasets.StoreOpener opener, Duration versionCheckInterval) throws Exception {
        this(opener, versionCheckInterval, Duration.ofSeconds(30));
    }

    HttpComponents(Datasets.StoreOpener opener, Duration versionCheckInterval, Duration lookupTimeout)
            throws Exception {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .addDiscoveredCustomizers()
                .withMapping(ServeConfig.class)
                .withDefaultValue("line-server.http.version-check-interval", "PT1H")
                .withDefaultValue("line-server.http.lookup-timeout", lookupTimeout.toString())
                .build();
        ServeConfig serve = config.getConfigMapping(ServeConfig.class);
        head = new LineHead(serve);
        datasets = new Datasets(opener, DatasetName.DEFAULT, versionCheckInterval);
        lineRoute = new LineRoute(datasets, outcomes, head, serve);
        datasets.start();
    }

    /** Registers all routes; not the REST resources, which only Quarkus can. */
    public void register(Router router) {
        new RequestGuard(outcomes).register(router);
        lineRoute.register(router);
    }

    /** Value of a counter or gauge, or count of a timer, with these tags in pairs. */
    public double value(String meter, String... tags) {
        return registry.get(meter)
                .tags(tags)
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }

    @Override
    public void close() {
        datasets.close();
    }
}
