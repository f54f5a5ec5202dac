package dev.lineserver.http;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.Collector;
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
        List<MetricFamilySamples> families = new ArrayList<>();
        families.add(answers());
        families.add(inFlight());
        families.add(refusals());
        families.add(latencies());
        families.add(lookups());
        families.add(histogram(
                "line_server_store_read_seconds",
                "Commands that read from a node of the cluster",
                reads.nanos(),
                NANOS_PER_SECOND));
        families.add(histogram(
                "line_server_store_read_records", "Records that such a command asks for", reads.records(), 1));
        families.add(counter(
                "line_server_store_retries",
                "Records that were asked for again, because a node failed or was silent",
                reads.retries().sum()));
        families.add(counter(
                "line_server_store_refusals",
                "Lookups that failed because too many were queued",
                reads.refusals().sum()));
        return families;
    }

    private MetricFamilySamples answers() {
        List<MetricFamilySamples.Sample> samples = new ArrayList<>();
        List<String> labels = List.of("route", "method", "status");
        requests.visitAnswers((route, method, status, count) -> samples.add(new MetricFamilySamples.Sample(
                "line_server_requests_total", labels, List.of(route.template, method, status), (double) count)));
        return new MetricFamilySamples(
                "line_server_requests", Type.COUNTER, "Requests by route, method and status", samples);
    }

    private MetricFamilySamples inFlight() {
        String name = "line_server_requests_in_flight";
        return new MetricFamilySamples(
                name,
                Type.GAUGE,
                "Requests whose answer has not ended",
                List.of(new MetricFamilySamples.Sample(name, List.of(), List.of(), (double) requests.inFlight())));
    }

    private MetricFamilySamples refusals() {
        List<MetricFamilySamples.Sample> samples = new ArrayList<>();
        for (RequestMetrics.Refusal refusal : RequestMetrics.Refusal.values()) {
            samples.add(new MetricFamilySamples.Sample(
                    "line_server_requests_refused_total", List.of("reason"), List.of(refusal.label), (double)
                            requests.refusals(refusal)));
        }
        return new MetricFamilySamples(
                "line_server_requests_refused", Type.COUNTER, "Requests answered 503, by reason", samples);
    }

    private MetricFamilySamples latencies() {
        String name = "line_server_request_seconds";
        List<MetricFamilySamples.Sample> samples = new ArrayList<>();
        for (RequestRoute route : RequestRoute.values()) {
            if (route.hasLines()) {
                addBuckets(
                        samples,
                        name,
                        List.of("route"),
                        List.of(route.template),
                        requests.latencies(route),
                        NANOS_PER_SECOND);
            }
        }
        return new MetricFamilySamples(
                name, Type.HISTOGRAM, "Time from a request for lines to the end of its answer", samples);
    }

    private MetricFamilySamples lookups() {
        String name = "line_server_lookups_seconds";
        List<MetricFamilySamples.Sample> samples = new ArrayList<>();
        for (RequestMetrics.LookupOutcome outcome : RequestMetrics.LookupOutcome.values()) {
            addBuckets(
                    samples,
                    name,
                    List.of("outcome"),
                    List.of(outcome.label),
                    requests.lookups(outcome),
                    NANOS_PER_SECOND);
        }
        return new MetricFamilySamples(name, Type.HISTOGRAM, "Lookups of lines in the store", samples);
    }

    private static MetricFamilySamples histogram(String name, String help, Distribution values, double unit) {
        List<MetricFamilySamples.Sample> samples = new ArrayList<>();
        addBuckets(samples, name, List.of(), List.of(), values, unit);
        return new MetricFamilySamples(name, Type.HISTOGRAM, help, samples);
    }

    private static MetricFamilySamples counter(String name, String help, long value) {
        return new MetricFamilySamples(
                name,
                Type.COUNTER,
                help,
                List.of(new MetricFamilySamples.Sample(name + "_total", List.of(), List.of(), (double) value)));
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
