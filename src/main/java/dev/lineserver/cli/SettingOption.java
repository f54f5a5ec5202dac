package dev.lineserver.cli;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.config.Settings;
import dev.lineserver.config.StoreConfig;

/**
 * The settings that are options too. Options have no defaults of their own: those that are given enter the
 * {@link Settings}, which check them.
 */
enum SettingOption {
    HOST("host", "HOST", "Address to listen on.", ServeConfig.HOST),
    PORT("port", "PORT", "Port to listen on; 0 takes a free one.", ServeConfig.PORT),
    FIRST_LINE_NUMBER("first-line-number", "0|1", "Number of the first line.", ServeConfig.FIRST_LINE_NUMBER),
    DATASET("dataset", "NAME", "The dataset.", ServeConfig.DATASET),
    STORE("store", "KIND", "embedded (this machine's disk) or aerospike.", "embedded"),
    DATA_DIR("data-dir", "DIR", "Directory of the embedded store.", "~/" + StoreConfig.DATA_DIR),
    AEROSPIKE(
            "aerospike",
            "HOST:PORT[,…]",
            "Nodes of an Aerospike cluster to start from; implies --store aerospike. Also LINE_SERVER_AEROSPIKE_HOSTS."),
    AEROSPIKE_NAMESPACE("aerospike-namespace", "NAME", "Namespace that holds the lines.", StoreConfig.NAMESPACE),
    AEROSPIKE_USER(
            "aerospike-user",
            "USER",
            "User, if the cluster asks for one; the password is read from LINE_SERVER_AEROSPIKE_PASSWORD."),
    AEROSPIKE_TLS("aerospike-tls", "", "Encrypt connections."),
    AEROSPIKE_CLUSTER_NAME("aerospike-cluster-name", "NAME", "Refuse any other cluster."),
    AEROSPIKE_TIMEOUT(
            "aerospike-timeout",
            "MILLIS",
            "Longest that a lookup may take, in milliseconds.",
            StoreConfig.TIMEOUT_MILLIS),
    AEROSPIKE_CONNECTIONS("aerospike-connections", "N", "Most connections to a node.", StoreConfig.CONNECTIONS),
    AEROSPIKE_REPLICA(
            "aerospike-replica",
            "POLICY",
            "Which copy of a line is asked: sequence, master, master-proles, prefer-rack or random.",
            StoreConfig.REPLICA),
    AEROSPIKE_COALESCE(
            "aerospike-coalesce", "true|false", "Send lookups that wait together as one batch.", StoreConfig.COALESCE);

    /** Which store. */
    static final Set<SettingOption> OF_STORE = EnumSet.range(STORE, AEROSPIKE_COALESCE);
    /** Which dataset in which store. */
    static final Set<SettingOption> OF_DATASET = EnumSet.range(DATASET, AEROSPIKE_COALESCE);
    /** Which line of which dataset. */
    static final Set<SettingOption> OF_LINES = EnumSet.range(FIRST_LINE_NUMBER, AEROSPIKE_COALESCE);

    private final String name;
    private final String value;
    private final String description;

    SettingOption(String name, String value, String description) {
        this.name = name;
        this.value = value;
        this.description = description;
    }

    SettingOption(String name, String value, String description, String defaultValue) {
        this(name, value, description + " Default: " + defaultValue);
    }

    OptionSpec spec() {
        OptionSpec.Builder spec = OptionSpec.builder("--" + name).description(description);
        return value.isEmpty()
                ? spec.type(boolean.class).build()
                : spec.type(String.class).paramLabel(value).build();
    }

    private String property() {
        return Settings.property(this == AEROSPIKE ? "aerospike-hosts" : name);
    }

    /** The settings given as options. */
    static Map<String, String> given(ParseResult parsed) {
        Map<String, String> given = new HashMap<>();
        for (SettingOption option : values()) {
            Object value = parsed.matchedOptionValue("--" + option.name, (Object) null);
            if (value != null) {
                given.put(option.property(), value.toString());
            }
        }
        return given;
    }
}
