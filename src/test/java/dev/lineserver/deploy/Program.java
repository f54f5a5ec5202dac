package dev.lineserver.deploy;

import java.util.Set;

/** What the program promises to those who deploy it. */
final class Program {
    static final String LIVE = "/q/health/live";
    static final String READY = "/q/health/ready";
    static final String METRICS = "/q/metrics";
    static final String DATA_DIR = "/var/lib/line-server";
    static final int PORT = 8080;

    /** The user of the images: numeric, so that Kubernetes can see that it is not root. */
    static final long UID = 10001;

    static final Set<String> VERBS = Set.of("serve", "ingest", "verify", "plan", "get", "datasets", "drop");

    /** A name that is not here is one the program would ignore without a word. */
    static final Set<String> ENVIRONMENT = Set.of(
            "LINE_SERVER_STORE",
            "LINE_SERVER_AEROSPIKE_HOSTS",
            "LINE_SERVER_AEROSPIKE_NAMESPACE",
            "LINE_SERVER_AEROSPIKE_USER",
            "LINE_SERVER_AEROSPIKE_PASSWORD",
            "LINE_SERVER_DATASET",
            "LINE_SERVER_DATA_DIR",
            "LINE_SERVER_HOST",
            "LINE_SERVER_PORT",
            "QUARKUS_SHUTDOWN_DELAY",
            "QUARKUS_SHUTDOWN_TIMEOUT");

    /** Metrics of our own; those of Quarkus start with one of {@link #METRIC_PREFIXES}. */
    static final Set<String> METRIC_NAMES = Set.of(
            "line_server_lookups_seconds_count",
            "line_server_lookups_seconds_sum",
            "line_server_lookups_seconds_max",
            "line_server_lines_damaged_total",
            "line_server_dataset_lines",
            "line_server_dataset_version");

    static final Set<String> METRIC_PREFIXES = Set.of("jvm_", "process_", "system_");

    private Program() {}
}
