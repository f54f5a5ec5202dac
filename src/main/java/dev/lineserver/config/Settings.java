package dev.lineserver.config;

import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.Expressions;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;

/**
 * The settings of one run of the program. The command line comes before system properties, these before environment
 * variables, these before {@code config/application.properties}, and that before defaults: the order of MicroProfile
 * Config, whose sources these are. A value is taken as it is written: no {@code ${…}} in it is replaced.
 */
public final class Settings {
    private static final String PREFIX = "line-server.";
    private static final String COMMAND_LINE = "command line";
    /** Above system properties, which have 400. */
    private static final int ORDINAL = 500;

    private static final Set<ConfigClass> FEATURES = Set.of(
            ConfigClass.configClass(StoreConfig.class),
            ConfigClass.configClass(ServeConfig.class),
            ConfigClass.configClass(HttpConfig.class));
    /** How SmallRye Config words what a converter threw: all that is left of it. */
    private static final Pattern REFUSED = Pattern.compile(
            ".*The config property (?<name>\\S+) with the config value .* whilst being converted (?<why>.*)",
            Pattern.DOTALL);

    private static final Pattern EMPTY =
            Pattern.compile(".*The config property (?<name>\\S+) is defined as the empty String.*", Pattern.DOTALL);

    private static volatile Map<String, String> forQuarkus = Map.of();

    private final SmallRyeConfig config;

    private Settings(SmallRyeConfig config) {
        this.config = config;
    }

    /**
     * Reads and checks all settings.
     *
     * @param commandLine values given as options, by property
     * @throws InvalidSettingException if one has a value that it does not take
     */
    public static Settings of(Map<String, String> commandLine) {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .addDefaultSources()
                .withSources(new PropertiesConfigSource(commandLine, COMMAND_LINE, ORDINAL))
                .withConverter(Duration.class, ORDINAL, new DurationConverter())
                .build();
        try {
            ConfigMappings.registerConfigMappings(config, FEATURES);
        } catch (ConfigValidationException e) {
            throw new InvalidSettingException(describe(config, e.getProblem(0).getMessage()));
        }
        return new Settings(config);
    }

    /** The property of an option or the like, such as {@code data-dir}. */
    public static String property(String name) {
        return PREFIX + name;
    }

    /** Which store to use. */
    public StoreConfig store() {
        return config.getConfigMapping(StoreConfig.class);
    }

    /** What to serve, and where. */
    public ServeConfig serve() {
        return config.getConfigMapping(ServeConfig.class);
    }

    /** Has Quarkus start with these very settings, from whichever sources they came. */
    public void passToQuarkus() {
        Map<String, String> values = new HashMap<>();
        for (ConfigClass feature : FEATURES) {
            for (String name : feature.getProperties().keySet()) {
                ConfigValue value = config.getConfigValue(name);
                if (value.getValue() != null) {
                    values.put(name, value.getValue());
                }
            }
        }
        forQuarkus = Map.copyOf(values);
    }

    private static String describe(SmallRyeConfig config, String problem) {
        Matcher refused = REFUSED.matcher(problem);
        if (refused.matches()) {
            return origin(config.getConfigValue(refused.group("name"))) + ": " + refused.group("why");
        }
        Matcher empty = EMPTY.matcher(problem);
        return empty.matches()
                ? origin(config.getConfigValue(empty.group("name"))) + " is empty; give it a value, or leave it out"
                : problem;
    }

    /** The setting, as the user wrote its name. */
    private static String origin(ConfigValue value) {
        String property = value.getName();
        String source = String.valueOf(value.getSourceName());
        if (source.contains(COMMAND_LINE)) {
            String option = property.substring(PREFIX.length());
            return "--" + (option.equals("aerospike-hosts") ? "aerospike" : option);
        }
        if (source.equals(EnvConfigSource.NAME)) {
            return property.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
        }
        return property + " in " + source;
    }

    /** Gives Quarkus the settings that were read before it was started, and takes values as they are written. */
    public static final class ForQuarkus implements SmallRyeConfigBuilderCustomizer {
        @Override
        public void configBuilder(SmallRyeConfigBuilder builder) {
            builder.withSources(new PropertiesConfigSource(forQuarkus, COMMAND_LINE, ORDINAL))
                    .withInterceptors((context, name) -> name.startsWith(PREFIX)
                            ? Expressions.withoutExpansion(() -> context.proceed(name))
                            : context.proceed(name));
        }
    }
}
