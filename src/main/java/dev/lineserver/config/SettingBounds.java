package dev.lineserver.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;

import dev.lineserver.store.aerospike.AerospikeSettings;

/** Refuses values of settings that have the right type and that the program cannot use. Each method ignores an absent value. */
final class SettingBounds {
    private static final String PREFIX = Settings.PREFIX;
    private static final int MAX_PORT = 65_535;
    /** The ordinal that MicroProfile gives to system properties. */
    private static final int SYSTEM_ORDINAL = 400;

    private static final Duration SHORTEST_DURATION = Duration.ofMillis(10);
    private static final Duration LONGEST_DURATION = Duration.ofHours(1);

    /** A port without leading zeros, if there is one; {@link #matches} limits it. */
    private static final String PORT = "(?::(?<port>[1-9]\\d{0,4}))?";

    /** Matches an origin as browsers serialise it: in lower case, without a path, and without the port of its scheme. */
    private static final Pattern ORIGIN = Pattern.compile(
            "(?!http://.*:80$|https://.*:443$)[a-z][a-z0-9+.-]*://(?:[a-z0-9.-]+|\\[[0-9a-f:.]+])" + PORT);

    private static final Pattern HTTP_URL =
            Pattern.compile("https?://(?:[A-Za-z0-9._-]+|\\[[0-9a-fA-F:.]+])" + PORT + "(?:/[!-~]*)?");

    /** Matches a name, or an address, which has two colons or more if it is one of IPv6. Whether it exists is not known. */
    private static final Pattern HOST =
            Pattern.compile("[^\\s:/@,\\[\\]]+|\\[?[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:%[^\\s/\\]]+)?]?");

    private SettingBounds() {}

    /** @throws UsageException with a message of one line about the first such value */
    static void check(SmallRyeConfig config) {
        requireOurs(config, "host");
        requireOurs(config, "port");
        requireHost(config, "host");
        requireHost(config, "management-host");
        requireWithin(config, "port", 0, MAX_PORT);
        requireWithin(config, "management-port", 0, MAX_PORT);
        requireWithin(config, "aerospike-timeout", 10, 600_000);
        requireWithin(config, "aerospike-connections", 1, 100_000);
        requireWithin(config, "keep-versions", 1, 1000);
        requireWithin(config, "http.max-range-lines", 1, Long.MAX_VALUE);
        requireWithin(config, "http.max-range-bytes", 1, Long.MAX_VALUE);
        requireWithin(config, "http.max-ranges", 1, 1_000_000);
        requireWithin(config, "http.connections-per-address", 0, 1_000_000);
        requireWithin(config, "http.head-timeout", LONGEST_DURATION, "1h");
        requireWithin(config, "http.version-check-interval", LONGEST_DURATION, "1h");
        requireWithin(config, "http.lookup-timeout", LONGEST_DURATION, "1h");
        requireOrigins(config);
        requireTraces(config);
        if (Stores.isCluster(config.getConfigMapping(StoreConfig.class))) {
            Duration longest = AerospikeSettings.MAX_CHECK_INTERVAL;
            requireWithin(
                    config,
                    "http.version-check-interval",
                    longest,
                    longest.toSeconds() + "s, the bounds over Aerospike");
        }
    }

    /**
     * Refuses a value without text. SmallRye takes it for an absent value and uses the default, or calls the converter,
     * depending on the type of the setting.
     */
    static void requireNotEmpty(ConfigValue value) {
        String text = value.getValue();
        // A list of several empty elements is empty, too.
        if (text != null && text.replace(",", "").trim().isBlank()) {
            throw new UsageException(Settings.userFacingName(value) + " is empty; give it a value, or leave it out");
        }
    }

    /** Refuses the name that Quarkus has for one of our settings: each would contradict the other. */
    private static void requireOurs(SmallRyeConfig config, String name) {
        ConfigValue value = config.getConfigValue("quarkus.http." + name);
        int ordinal = value.getConfigSourceOrdinal();
        // Quarkus itself sets the system property to the port at which it listens.
        if (value.getValue() != null && ordinal > Settings.CLASS_PATH_ORDINAL && ordinal < SYSTEM_ORDINAL) {
            throw new UsageException(Settings.userFacingName(value) + ": set " + PREFIX + name + " instead");
        }
    }

    private static void requireWithin(SmallRyeConfig config, String name, long least, long most) {
        Long value = config.getOptionalValue(PREFIX + name, Long.class).orElse(null);
        if (value != null && (value < least || value > most)) {
            String range = most == Long.MAX_VALUE ? "less than " + least : "not between " + least + " and " + most;
            throw refusal(config, name, value + " is " + range);
        }
    }

    /** @param described the end of the message: the longest duration, and perhaps the reason */
    private static void requireWithin(SmallRyeConfig config, String name, Duration longest, String described) {
        Duration value = config.getValue(PREFIX + name, Duration.class);
        if (value.compareTo(SHORTEST_DURATION) < 0 || value.compareTo(longest) > 0) {
            String given = config.getConfigValue(PREFIX + name).getValue();
            throw refusal(
                    config, name, given + " is not between " + SHORTEST_DURATION.toMillis() + "ms and " + described);
        }
    }

    private static void requireHost(SmallRyeConfig config, String name) {
        String host = config.getOptionalValue(PREFIX + name, String.class).orElse("localhost");
        if (!HOST.matcher(host).matches()) {
            throw refusal(
                    config,
                    name,
                    "'" + host + "' is not the name or the address of a host; leave out a scheme, a port and a path");
        }
    }

    private static void requireOrigins(SmallRyeConfig config) {
        String name = "http.cors-origins";
        List<String> origins =
                config.getOptionalValues(PREFIX + name, String.class).orElse(List.of());
        for (String origin : origins) {
            if (origin.equals("*") ? origins.size() != 1 : !matches(ORIGIN, origin)) {
                throw refusal(
                        config,
                        name,
                        "'" + origin
                                + "' is not an origin as browsers send it; use SCHEME://HOST or SCHEME://HOST:PORT in"
                                + " lower case, without a path or the default port, or * alone for all origins; a port is"
                                + " 1 to " + MAX_PORT);
            }
        }
    }

    private static void requireTraces(SmallRyeConfig config) {
        String url = config.getOptionalValue(PREFIX + "traces", String.class).orElse("http://localhost");
        if (!matches(HTTP_URL, url) || !isUri(url)) {
            throw refusal(
                    config,
                    "traces",
                    "'" + url
                            + "' is not the URL of a collector, such as http://localhost:4318/v1/traces; a port is 1 to "
                            + MAX_PORT);
        }
        double ratio = config.getValue(PREFIX + "trace-ratio", Double.class);
        if (!(ratio >= 0 && ratio <= 1)) {
            throw refusal(config, "trace-ratio", ratio + " is not between 0 and 1");
        }
    }

    /** Returns true if a text has this form, and its port is one. */
    private static boolean matches(Pattern form, String text) {
        Matcher matcher = form.matcher(text);
        if (!matcher.matches()) {
            return false;
        }
        String port = matcher.group("port");
        return port == null || Integer.parseInt(port) <= MAX_PORT;
    }

    private static boolean isUri(String text) {
        try {
            URI _ = new URI(text);
            return true;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static UsageException refusal(SmallRyeConfig config, String name, String reason) {
        return new UsageException(Settings.userFacingName(config.getConfigValue(PREFIX + name)) + ": " + reason);
    }
}
