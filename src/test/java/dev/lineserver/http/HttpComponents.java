package dev.lineserver.http;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.DatasetName;

/** The objects of this package over a store, assembled as CDI does, with metrics that a test can read. */
public final class HttpComponents implements AutoCloseable {
    /** A request whose client is not known. */
    static final RoutingContext ROUTING = ScriptedLines.proxy(RoutingContext.class, (_, _, _) -> null);
    /** Low enough for a test to reach it. */
    static final int MOST_CONNECTIONS = 250;

    public final MeterRegistry registry = new SimpleMeterRegistry();
    public final RequestOutcomes outcomes = new RequestOutcomes(registry);
    public final LineHead head;
    public final LineRoute lineRoute;
    private final LinesRoute linesRoute;
    final ServeConfig serve;
    private final RangeLimits limits;
    final AccessRoute access;
    final ManagementPort management;
    final ByteArrayOutputStream accessLines = new ByteArrayOutputStream();
    final AccessLog accessLog;
    final Traces traces;
    final RequestCollector collector;
    final ConnectionEdge connections;
    final Datasets datasets;
    /** Allocates the blocks of answers with several lines; a test can see that all were released. */
    final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

    public HttpComponents(Datasets.StoreOpener opener, Duration versionCheckInterval) throws Exception {
        this(opener, versionCheckInterval, Duration.ofSeconds(30));
    }

    HttpComponents(Datasets.StoreOpener opener, Duration versionCheckInterval, Duration lookupTimeout)
            throws Exception {
        this(opener, versionCheckInterval, lookupTimeout, Map.of());
    }

    /** @param settings more settings, by property name */
    HttpComponents(
            Datasets.StoreOpener opener,
            Duration versionCheckInterval,
            Duration lookupTimeout,
            Map<String, String> settings)
            throws Exception {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .addDiscoveredCustomizers()
                .withConverter(Duration.class, 200, new DurationConverter())
                .withMapping(ServeConfig.class)
                .withDefaultValue("line-server.http.version-check-interval", "PT1H")
                .withDefaultValue("line-server.http.lookup-timeout", lookupTimeout.toString())
                .withDefaultValues(settings)
                .build();
        serve = config.getConfigMapping(ServeConfig.class);
        head = new LineHead(serve);
        datasets = new Datasets(opener, DatasetName.DEFAULT, versionCheckInterval);
        limits = new RangeLimits(serve);
        lineRoute = new LineRoute(datasets, outcomes, head, limits, serve, allocator);
        management = new ManagementPort(serve);
        access = new AccessRoute(serve, management, registry);
        linesRoute = new LinesRoute(datasets, outcomes, head, limits, serve, allocator);
        accessLog = new AccessLog(serve.accessLog(), registry, accessLines);
        traces = new Traces(serve);
        collector = new RequestCollector(outcomes, datasets);
        connections = new ConnectionEdge(serve, registry, MOST_CONNECTIONS);
        datasets.start();
    }

    /** Registers all routes, but not the REST resources: only Quarkus can register those. */
    public void register(Router router) {
        new RequestGuard(outcomes, accessLog, traces, serve).register(router);
        management.register(router);
        new CrossOriginRoute(serve).register(router);
        access.register(router);
        new SwaggerUiRoute(serve).register(router);
        new McpRoute(datasets, access, outcomes, limits, serve).register(router);
        lineRoute.register(router);
        linesRoute.register(router);
    }

    /** Returns the value of a counter or gauge, or the count of a histogram. The tags are pairs of key and value. */
    public double value(String meter, String... tags) {
        List<String> labels = IntStream.range(0, tags.length / 2)
                .mapToObj(i -> tags[2 * i + 1])
                .toList();
        Set<String> names = Set.of(meter, meter + "_total", meter + "_seconds_count", meter + "_count");
        return collector.collect().stream()
                .flatMap(family -> family.samples.stream())
                .filter(sample -> names.contains(sample.name) && sample.labelValues.equals(labels))
                .findFirst()
                .map(sample -> sample.value)
                .orElseGet(() -> registry.get(meter)
                        .tags(tags)
                        .meter()
                        .measure()
                        .iterator()
                        .next()
                        .getValue());
    }

    @Override
    public void close() {
        accessLog.close();
        traces.close();
        datasets.close();
    }
}
