package dev.lineserver.cli;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import dev.lineserver.config.Settings;

/**
 * The settings that are options too. Options have no defaults and accept any text: those that are given enter the
 * {@link Settings}, which have the defaults and check the values.
 */
enum SettingOption {
    HOST("host", "HOST", "Address to listen on."),
    PORT("port", "PORT", "Port to listen on; 0 takes a free one."),
    FIRST_LINE_NUMBER("first-line-number", "0|1", "Number of the first line."),
    DATASET("dataset", "NAME", "The dataset."),
    STORE("store", "KIND", "embedded (this machine's disk, the default) or aerospike."),
    DATA_DIR("data-dir", "DIR", "Directory of the embedded store. Default: ~/.local/share/line-server"),
    AEROSPIKE(
            "aerospike",
            "HOST:PORT[,…]",
            "Nodes of an Aerospike cluster to start from; implies --store aerospike. Also LINE_SERVER_AEROSPIKE_HOSTS."),
    AEROSPIKE_NAMESPACE("aerospike-namespace", "NAME", "Namespace that holds the lines."),
    AEROSPIKE_USER(
            "aerospike-user",
            "USER",
            "User, if the cluster asks for one; the password is read from LINE_SERVER_AEROSPIKE_PASSWORD."),
    AEROSPIKE_TLS("aerospike-tls", "", "Encrypt connections."),
    AEROSPIKE_CLUSTER_NAME("aerospike-cluster-name", "NAME", "Refuse any other cluster."),
    AEROSPIKE_TIMEOUT("aerospike-timeout", "MILLIS", "Longest that a lookup may take, in milliseconds."),
    AEROSPIKE_CONNECTIONS("aerospike-connections", "N", "Most connections to a node.");

    /** Which store. */
    static final Set<SettingOption> STORE_OPTIONS = EnumSet.range(STORE, AEROSPIKE_CONNECTIONS);
    /** Which dataset in which store. */
    static final Set<SettingOption> DATASET_OPTIONS = EnumSet.range(DATASET, AEROSPIKE_CONNECTIONS);
    /** Which line of which dataset. */
    static final Set<SettingOption> LINE_OPTIONS = EnumSet.range(FIRST_LINE_NUMBER, AEROSPIKE_CONNECTIONS);

    private final String name;
    private final String value;
    private final String description;

    SettingOption(String name, String value, String description) {
        this.name = name;
        this.value = value;
        this.description = description;
    }

    void addTo(CommandSpec command, Map<String, String> defaults) {
        OptionSpec.Builder option = OptionSpec.builder("--" + name);
        if (value.isEmpty()) {
            option.type(boolean.class).description(description);
        } else {
            String byDefault = defaults.containsKey(name) ? " Default: " + defaults.get(name) : "";
            option.type(String.class).paramLabel(value).description(description + byDefault);
        }
        command.addOption(option.build());
    }

    /** The settings given as options, by name. */
    static Map<String, String> parsedValues(ParseResult parsed) {
        Map<String, String> given = new HashMap<>();
        for (SettingOption option : values()) {
            Object value = parsed.matchedOptionValue("--" + option.name, (Object) null);
            if (value != null) {
                given.put(option == AEROSPIKE ? "aerospike-hosts" : option.name, value.toString());
            }
        }
        return given;
    }
}
