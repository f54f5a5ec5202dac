package dev.lineserver.config;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The names of environment variables that look like settings. A misspelt one would leave its setting at the default: a server
 * that should ask for keys would answer everybody.
 */
final class EnvironmentNames {
    private static final String PREFIX = "LINE_SERVER_";

    /** The variables of our scripts and tests. */
    private static final Set<String> OTHERS = Set.of(
            "LINE_SERVER_HEALTH_PORT",
            "LINE_SERVER_TEST_AEROSPIKE",
            "LINE_SERVER_BENCH_AEROSPIKE",
            "LINE_SERVER_ROOT",
            "LINE_SERVER_IMAGES");

    /**
     * The variables that Kubernetes sets in a pod for each Service whose name begins with {@code line-server}, as lines
     * {@code NAME=VALUE}.
     */
    private static final Pattern SERVICE =
            Pattern.compile("\\w+_SERVICE_(?:HOST|PORT\\w*)=.*|\\w+_PORT_\\d+_[A-Z]+\\w*=.*|\\w+_PORT=[a-z]+://.*");

    private EnvironmentNames() {}

    /** Returns the variable that sets a property. */
    static String of(String property) {
        return property.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
    }

    /**
     * Refuses a variable whose name begins like that of a setting, and that sets none.
     *
     * @param variables all environment variables
     * @param properties the names of all settings
     * @throws UsageException names the variable, and the one that is probably meant
     */
    static void requireKnown(Map<String, String> variables, Set<String> properties) {
        Map<String, String> meant = new TreeMap<>();
        for (String property : properties) {
            String variable = of(property);
            meant.put(letters(property), variable);
            meant.putIfAbsent(letters(PREFIX + Settings.option(property)), variable);
        }
        new TreeMap<>(variables).forEach((name, value) -> {
            if (name.startsWith(PREFIX)
                    && !meant.containsValue(name)
                    && !OTHERS.contains(name)
                    && !SERVICE.matcher(name + "=" + value).matches()) {
                String similar = meant.get(letters(name));
                throw new UsageException("there is no setting " + name + "; "
                        + (similar == null ? "correct its name, or unset it" : "did you mean " + similar + "?"));
            }
        });
    }

    private static String letters(String name) {
        return name.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
    }
}
