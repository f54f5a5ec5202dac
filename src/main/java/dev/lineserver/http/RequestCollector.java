package dev.lineserver.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import dev.lineserver.serving.Datasets;
import dev.lineserver.store.Distribution;
import dev.lineserver.store.ReadStatistics;

/**
 * Gives Prometheus the counts of {@link RequestMetrics} and of the store, at each scrape. They are not meters of Micrometer:
 * a timer with a histogram costs more per request, and all event loops write to the same words of memory.
 */
@Singleton
final class RequestCollector extends Collector {
    private static final double NANOS_PER_SECOND = (double) TimeUnit.SECONDS.toNanos(1);

    private final RequestMetrics requests;
    private final Datasets datasets;

    RequestCollector(RequestOutcomes outcomes, Datasets datasets) {
        requests = outcomes.requests;
        this.datasets = datasets;
    }

    /** An injected {@code CollectorRegistry} would be another one, of which {@code /q/metrics} knows nothing. */
    @SuppressWarnings("deprecation") // Of the two registries of Micrometer, Quarkus 3.33 uses the older one.
    void start(@Observes StartupEvent event, PrometheusMeterRegistry registry) {
        registry.getPrometheusRegistry().register(this);
    }

    @Override
    public List<MetricFamilySamples> collect() {
        ReadStatistics reads = datasets.readStatistics().orElseGet(ReadStatistics::new);
        return List.of(
                answers(),
                new GaugeMetricFamily("line_server_requests_in_flight", "Requests whose answer has not ended", (double)
                        requests.inFlight()),
                refusals(),
                latencies(),
                lookups(),
                histogram(
                        "line_server_store_read_seconds",
                        "Commands that read from a node of the cluster",
                        reads.nanos(),
                        NANOS_PER_SECOND),
                histogram("line_server_store_read_records", "Records that such a command asks for", reads.records(), 1),
                new CounterMetricFamily(
                        "line_server_store_retries",
                        "Records that were asked for again, because a node failed or was silent",
                        (double) reads.retries().sum()),
                new CounterMetricFamily(
                        "line_server_store_refusals", "Lookups that failed because too many were queued", (double)
                                reads.refusals().sum()));
    }

    private MetricFamilySamples answers() {
        CounterMetricFamily family = new CounterMetricFamily(
                "line_server_requests", "Requests by route, method and status", List.of("route", "method", "status"));
        requests.visitAnswers((route, method, status, count) ->
                family.addMetric(List.of(route.template, method, status), (double) count));
        return family;
    }

    private MetricFamilySamples refusals() {
        CounterMetricFamily family = new CounterMetricFamily(
                "line_server_requests_refused", "Requests answered 503, by reason", List.of("reason"));
        for (RequestMetrics.Refusal refusal : RequestMetrics.Refusal.values()) {
            family.addMetric(List.of(refusal.label), (double) requests.refusals(refusal));
        }
        return family;
    }

    private MetricFamilySamples latencies() {
        Map<String, Distribution> latencies = new LinkedHashMap<>();
        for (RequestRoute route : RequestRoute.values()) {
            if (route.hasLines()) {
                latencies.put(route.template, requests.latencies(route));
            }
        }
        return durations(
                "line_server_request_seconds",
                "Time from a request for lines to the end of its answer",
                "route",
                latencies);
    }

    private MetricFamilySamples lookups() {
        Map<String, Distribution> lookups = new LinkedHashMap<>();
        for (RequestMetrics.LookupOutcome outcome : RequestMetrics.LookupOutcome.values()) {
            lookups.put(outcome.label, requests.lookups(outcome));
        }
        return durations("line_server_lookups_seconds", "Lookups of lines in the store", "outcome", lookups);
    }

    /** @param values distributions of nanoseconds, by the values of the label */
    private static MetricFamilySamples durations(
            String name, String help, String label, Map<String, Distribution> values) {
        List<MetricFamilySamples.Sample> samples = new ArrayList<>();
        values.forEach((value, durations) ->
                addBuckets(samples, name, List.of(label), List.of(value), durations, NANOS_PER_SECOND));
        return new MetricFamilySamples(name, Type.HISTOGRAM, help, samples);
    }

    private static MetricFamilySamples histogram(String name, String help, Distribution values, double unit) {
        List<MetricFamilySamples.Sample> samples = new ArrayList<>();
        addBuckets(samples, name, List.of(), List.of(), values, unit);
        return new MetricFamilySamples(name, Type.HISTOGRAM, help, samples);
    }

    /** Adds the samples of one histogram. Prometheus wants each bucket to contain those below it. */
    private static void addBuckets(
            List<MetricFamilySamples.Sample> samples,
            String name,
            List<String> labels,
            List<String> labelValues,
            Distribution values,
            double unit) {
        List<String> bucketLabels = new ArrayList<>(labels);
        bucketLabels.add("le");
        long[] bounds = values.bounds();
        long[] counts = values.counts();
        long cumulative = 0;
        for (int i = 0; i < counts.length; i++) {
            cumulative += counts[i];
            List<String> bucket = new ArrayList<>(labelValues);
            bucket.add(i == bounds.length ? "+Inf" : Collector.doubleToGoString((double) bounds[i] / unit));
            samples.add(new MetricFamilySamples.Sample(name + "_bucket", bucketLabels, bucket, (double) cumulative));
        }
        samples.add(new MetricFamilySamples.Sample(name + "_count", labels, labelValues, (double) cumulative));
        samples.add(new MetricFamilySamples.Sample(name + "_sum", labels, labelValues, (double) values.sum() / unit));
    }
}
