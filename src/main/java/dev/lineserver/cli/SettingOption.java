package dev.lineserver.cli;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import dev.lineserver.config.Settings;

/**
 * The settings that are also command-line options. An option has no default and accepts any text: {@link Settings}
 * supplies the defaults and validates the values.
 */
enum SettingOption {
    HOST("host", "HOST", "Address to listen on."),
    PORT("port", "PORT", "Port to listen on; 0 for any free port."),
    CORS_ORIGINS(
            "cors-origins",
            "URL[,URL…]|*",
            "Origins whose web pages may read answers, such as https://example.org; * for all. Default: none."
                    + " Also LINE_SERVER_HTTP_CORS_ORIGINS."),
    API_KEYS(
            "api-keys",
            "FILE",
            "Answer only clients with a key of this file, which line-server key fills; slower, because the fast path is off"
                    + " then. Also LINE_SERVER_HTTP_API_KEYS."),
    RATE_LIMIT(
            "rate-limit",
            "N/s|N/m|N/h",
            "Most requests of a client in a second, minute or hour; more are answered 429. Slower, because the fast path is"
                    + " off then. Default: any number. Also LINE_SERVER_HTTP_RATE_LIMIT."),
    MANAGEMENT_PORT(
            "management-port", "PORT", "Serve health and metrics (/q) at this port only. Default: at the same port."),
    SWAGGER_UI("swagger-ui", "", "Serve a page that shows the API and sends requests, at /q/swagger-ui/."),
    MCP("mcp", "", "Let language models read lines by the Model Context Protocol, at /mcp."),
    ACCESS_LOG(
            "access-log",
            "none|common|combined|json",
            "Write one line about each answer to standard output; slower, because the fast path is off then."),
    TRACES(
            "traces",
            "URL",
            "Post a span of each request to this OpenTelemetry collector, such as http://localhost:4318/v1/traces; slower,"
                    + " because the fast path is off then."),
    LOG_FORMAT("log-format", "text|json", "Format of the messages on standard error after the start."),
    KEEP(
            "keep",
            "N",
            "Number of published versions that stay stored, the new one included. Default: 2 in the embedded store, or 1 if it"
                    + " has copied the lines; 1 over Aerospike. Also LINE_SERVER_KEEP_VERSIONS."),
    LINES_PER_RECORD(
            "lines-per-record",
            "N|auto",
            "Aerospike: number of consecutive lines that an ingest stores in one record, which then needs one entry of the"
                    + " index; auto fills records of about 16 KiB."),
    COMPRESS(
            "compress",
            "zstd|none",
            "How an ingest stores the lines: zstd compresses them, to about a quarter for logs and source code. The embedded store"
                    + " then keeps a copy of FILE, and Aerospike needs --lines-per-record."),
    RATE(
            "rate",
            "R",
            "Largest rate of an ingest: lines per second, such as 50000, or bytes per second, such as 20MB. Default: none."
                    + " Also LINE_SERVER_INGEST_RATE."),
    PRIORITY(
            "priority",
            "low|normal",
            "Aerospike: low writes one batch at a time, and pauses after it for as long as it took. Default: normal."
                    + " Also LINE_SERVER_INGEST_PRIORITY."),
    FIRST_LINE_NUMBER("first-line-number", "0|1", "Number of the first line."),
    DATASET("dataset", "NAME", "Name of the dataset."),
    STORE("store", "embedded|aerospike", "Kind of store: files of this machine, which is the default, or a cluster."),
    DATA_DIR("data-dir", "DIR", "Directory of the embedded store. Default: ~/.local/share/line-server"),
    AEROSPIKE(
            "aerospike",
            "HOST:PORT[,…]",
            "Seed nodes of an Aerospike cluster; implies --store aerospike. Also LINE_SERVER_AEROSPIKE_HOSTS."),
    AEROSPIKE_NAMESPACE("aerospike-namespace", "NAME", "Namespace that holds the lines."),
    AEROSPIKE_USER(
            "aerospike-user",
            "USER",
            "User, if the cluster requires one. Its password is LINE_SERVER_AEROSPIKE_PASSWORD."),
    AEROSPIKE_TLS("aerospike-tls", "", "Encrypt the connections to the cluster."),
    AEROSPIKE_CLUSTER_NAME("aerospike-cluster-name", "NAME", "Connect only to the cluster of this name."),
    AEROSPIKE_TIMEOUT("aerospike-timeout", "MILLIS", "Deadline of a lookup with all its retries, in milliseconds."),
    AEROSPIKE_CONNECTIONS("aerospike-connections", "N", "Maximum number of connections to a node."),
    CONFIG(
            "config",
            "FILE",
            "Read settings from this file, instead of config/application.properties in the current directory.");

    /** The options that select a store. */
    static final Set<SettingOption> STORE_OPTIONS = EnumSet.range(STORE, CONFIG);
    /** The options that select a dataset in a store. */
    private static final Set<SettingOption> DATASET_OPTIONS = EnumSet.range(DATASET, CONFIG);
    /** The options that select lines of a dataset. */
    static final Set<SettingOption> LINE_OPTIONS = EnumSet.range(FIRST_LINE_NUMBER, CONFIG);

    static final Set<SettingOption> INGEST_OPTIONS =
            with(DATASET_OPTIONS, KEEP, LINES_PER_RECORD, COMPRESS, RATE, PRIORITY);
    static final Set<SettingOption> PLAN_OPTIONS = with(STORE_OPTIONS, KEEP, LINES_PER_RECORD, COMPRESS);
    static final Set<SettingOption> DIFF_OPTIONS = with(STORE_OPTIONS, FIRST_LINE_NUMBER);
    static final Set<SettingOption> PUBLISH_OPTIONS = with(STORE_OPTIONS, KEEP);
    /** Those of {@code serve} are checked: that a server can use their values. */
    static final Set<SettingOption> DOCTOR_OPTIONS = with(DATASET_OPTIONS, HOST, PORT, API_KEYS, MANAGEMENT_PORT);

    /** The options whose settings begin with {@code http.}. */
    private static final Set<SettingOption> HTTP_OPTIONS =
            EnumSet.of(API_KEYS, RATE_LIMIT, CORS_ORIGINS, SWAGGER_UI, MCP);
    /** The names of other settings that differ from those of their options. */
    private static final Map<SettingOption, String> SETTINGS = Map.of(
            AEROSPIKE, "aerospike-hosts", KEEP, "keep-versions", RATE, "ingest-rate", PRIORITY, "ingest-priority");

    private final String name;
    private final String value;
    private final String description;

    SettingOption(String name, String value, String description) {
        this.name = name;
        this.value = value;
        this.description = description;
    }

    private static Set<SettingOption> with(Set<SettingOption> some, SettingOption... others) {
        Set<SettingOption> all = EnumSet.copyOf(some);
        all.addAll(List.of(others));
        return all;
    }

    private String setting() {
        return HTTP_OPTIONS.contains(this) ? "http." + name : SETTINGS.getOrDefault(this, name);
    }

    void addTo(CommandSpec command, Map<String, String> defaults) {
        OptionSpec.Builder option = OptionSpec.builder("--" + name);
        if (value.isEmpty()) {
            option.type(boolean.class).description(description);
        } else {
            String defaultText = defaults.containsKey(name) ? " Default: " + defaults.get(name) : "";
            option.type(String.class).paramLabel(value).description(description + defaultText);
        }
        command.addOption(option.build());
    }

    /** Returns the options that were given on the command line, by the names of their settings. */
    static Map<String, String> parsedValues(ParseResult parsed) {
        Map<String, String> values = new HashMap<>();
        for (SettingOption option : values()) {
            Object value = parsed.matchedOptionValue("--" + option.name, (Object) null);
            if (value != null) {
                values.put(option.setting(), value.toString());
            }
        }
        return values;
    }
}
