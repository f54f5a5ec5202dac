package dev.lineserver.config;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
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
import io.smallrye.config.PropertiesConfigSourceLoader;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one run of the program. The sources, in order of precedence, are the command line, system properties,
 * environment variables, a file and the defaults: the order of MicroProfile. The file is the one that the setting
 * {@code config} names, or else {@code config/application.properties}. A value is used verbatim: no expression
 * {@code ${…}} in it is expanded.
 */
public final class Settings {
    static final String PREFIX = "line-server.";
    private static final String COMMAND_LINE = "command line";
    /** Higher precedence than system properties. */
    private static final int ORDINAL = 500;

    private static final String CONFIG = PREFIX + "config";

    private static final Path DEFAULT_FILE = Path.of("config/application.properties");
    /** The ordinals that SmallRye gives to {@code config/application.properties} and to the same file on the class path. */
    private static final int FILE_ORDINAL = 260;

    static final int CLASS_PATH_ORDINAL = 250;

    private static final Set<ConfigClass> FEATURES =
            Set.of(ConfigClass.configClass(StoreConfig.class), ConfigClass.configClass(ServeConfig.class));
    /** The message of SmallRye about a value that its converter has refused. The exception of the converter is lost. */
    private static final Pattern CONVERSION_FAILURE = Pattern.compile(
            ".*The config property (?<name>\\S+) with the config value .* whilst being converted (?:SRCFG\\d+: )?(?<why>.*)",
            Pattern.DOTALL);

    /** The message of SmallRye about a property with our prefix. */
    private static final Pattern UNKNOWN = Pattern.compile("SRCFG00050: (?<name>\\S+) .* does not map to any root");

    private static volatile Given quarkusGiven = new Given(Map.of(), null);

    private final SmallRyeConfig config;
    private final Given given;

    /**
     * The settings that the user gives to one run.
     *
     * @param commandLine the values of options, by the names of properties
     * @param file the values of the configuration file; null if none is named
     */
    private record Given(
            Map<String, String> commandLine, @Nullable PropertiesConfigSource file) {}

    private Settings(SmallRyeConfig config, Given given) {
        this.config = config;
        this.given = given;
    }

    /**
     * Reads and validates all settings.
     *
     * @param commandLine the values of the given options, by the name of the setting, such as {@code data-dir}
     * @throws UsageException if the value of a setting is invalid
     */
    public static Settings load(Map<String, String> commandLine) {
        EnvironmentNames.requireKnown(System.getenv(), names());
        Map<String, String> properties = properties(commandLine);
        Given given = new Given(properties, readFile(properties));
        SmallRyeConfig config = build(given);
        convert(config);
        SettingBounds.check(config);
        Settings settings = new Settings(config, given);
        settings.ports().requireSafe();
        return settings;
    }

    /** Returns the values of options by the names of properties, and the store that they imply. */
    private static Map<String, String> properties(Map<String, String> commandLine) {
        Map<String, String> properties = new HashMap<>();
        commandLine.forEach((name, value) -> properties.put(PREFIX + name, value));
        // Also if another source names the other store.
        if (commandLine.containsKey("aerospike-hosts")) {
            properties.putIfAbsent(PREFIX + "store", "aerospike");
        } else if (commandLine.containsKey("data-dir")) {
            properties.putIfAbsent(PREFIX + "store", "embedded");
        }
        return properties;
    }

    /** Combines all sources. The values are not checked yet. */
    private static SmallRyeConfig build(Given given) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDefaultSources()
                .withConverter(Duration.class, ORDINAL, new DurationConverter());
        customize(builder, given);
        return builder.build();
    }

    /** Converts the values of our settings to their types, and refuses unknown names. */
    private static void convert(SmallRyeConfig config) {
        FEATURES.forEach(feature -> feature.getProperties()
                .keySet()
                .forEach(name -> SettingBounds.requireNotEmpty(config.getConfigValue(name))));
        try {
            ConfigMappings.registerConfigMappings(config, FEATURES);
        } catch (ConfigValidationException e) {
            // Only the first problem is reported, and it names the setting that could not be converted.
            throw new UsageException(describe(config, e.getProblem(0).getMessage()));
        }
    }

    private static Set<String> names() {
        Set<String> names = new HashSet<>();
        FEATURES.forEach(feature ->
                feature.getProperties().keySet().forEach(property -> names.add(property.replace("[*]", ""))));
        return names;
    }

    /** Reads the file that the setting {@code config} names, or else the default one; returns null if there is neither. */
    private static @Nullable PropertiesConfigSource readFile(Map<String, String> properties) {
        String name = properties.get(CONFIG);
        if (name == null) {
            name = System.getProperty(CONFIG, System.getenv("LINE_SERVER_CONFIG"));
        }
        Path file = name == null || name.isBlank() ? null : parseFile(name);
        // A link that leads nowhere exists, so that it is refused.
        if (file == null && Files.exists(DEFAULT_FILE, LinkOption.NOFOLLOW_LINKS)) {
            file = DEFAULT_FILE;
        }
        if (file == null) {
            return null;
        }
        Set<String> known = names();
        // A file cannot name another one.
        known.remove(CONFIG);
        return new PropertiesConfigSource(ConfigFile.read(file, PREFIX, known), file.toString(), FILE_ORDINAL);
    }

    private static Path parseFile(String name) {
        try {
            return SettingParsers.parsePath(name);
        } catch (IllegalArgumentException e) {
            throw new UsageException("cannot read the configuration file: " + e.getMessage());
        }
    }

    /** Returns the default of each setting that has one, by the name of the setting. */
    public static Map<String, String> defaults() {
        Map<String, String> defaults = new TreeMap<>();
        FEATURES.forEach(feature -> feature.getProperties().forEach((property, value) -> {
            if (value != null) {
                defaults.put(property.substring(PREFIX.length()), value);
            }
        }));
        return defaults;
    }

    /** Returns the settings of the store. */
    public StoreConfig store() {
        return config.getConfigMapping(StoreConfig.class);
    }

    /** Returns the settings of the dataset and of the HTTP server. */
    public ServeConfig serve() {
        return config.getConfigMapping(ServeConfig.class);
    }

    /** Returns the files of TLS. */
    public TlsFiles tlsFiles() {
        return TlsFiles.of(config);
    }

    private ServerPorts ports() {
        return new ServerPorts(config, serve(), tlsFiles());
    }

    /** Returns the port at which the server listens with TLS, 0 for any; empty without a certificate of the server. */
    public OptionalInt tlsPort() {
        return ports().tls();
    }

    /** Returns true if the server listens at a port without TLS, too. */
    public boolean hasPlainPort() {
        return ports().hasPlain();
    }

    /**
     * Passes the command line and the configuration file to Quarkus, which reads the other sources itself, and the properties
     * of Quarkus that follow from our settings. Must be called before Quarkus starts.
     */
    public void passToQuarkus() {
        quarkusGiven = new Given(quarkusProperties(), given.file());
    }

    /** Returns the command line, and the properties of Quarkus that follow from our settings. */
    Map<String, String> quarkusProperties() {
        Map<String, String> properties = new HashMap<>(given.commandLine());
        properties.putAll(tlsFiles().pairsOfEnvironment());
        properties.put("quarkus.http.host", serve().host());
        properties.put("quarkus.http.port", "" + serve().port());
        properties.put("quarkus.log.console.json.enabled", "" + (serve().logFormat() == ServeConfig.LogFormat.JSON));
        if (!ports().hasPlain()) {
            // The port without TLS asks for no certificate, so that it must not be open unless somebody wants it.
            properties.put(ServerPorts.INSECURE_REQUESTS, "disabled");
        }
        return properties;
    }

    /**
     * Adds the command line and the configuration file to the configuration of Quarkus, and disables expressions in the
     * values of our settings.
     */
    public static final class QuarkusCustomizer implements SmallRyeConfigBuilderCustomizer {
        /** After those of Quarkus, which add the default sources. */
        @Override
        public int priority() {
            return Integer.MAX_VALUE;
        }

        @Override
        public void configBuilder(SmallRyeConfigBuilder builder) {
            customize(builder, quarkusGiven);
            // Only our settings are verbatim: properties of Quarkus refer to them, as in ${line-server.port}.
            builder.withInterceptors((context, name) -> name.startsWith(PREFIX)
                    ? Expressions.withoutExpansion(() -> context.proceed(name))
                    : context.proceed(name));
        }
    }

    private static void customize(SmallRyeConfigBuilder builder, Given given) {
        if (given.file() != null) {
            // The default sources but config/application.properties: the file is that one, or replaces it.
            ClassLoader loader = builder.getClassLoader();
            builder.setAddDefaultSources(false)
                    .addSystemSources()
                    .withSources(given.file())
                    .withSources(PropertiesConfigSourceLoader.inClassPath(
                            "application.properties", CLASS_PATH_ORDINAL, loader))
                    .withSources(PropertiesConfigSourceLoader.inClassPath(
                            "META-INF/microprofile-config.properties", PropertiesConfigSource.ORDINAL, loader));
        }
        builder.withSources(new PropertiesConfigSource(given.commandLine(), COMMAND_LINE, ORDINAL));
        SettingParsers.addTo(builder, ORDINAL);
    }

    private static String describe(SmallRyeConfig config, String problem) {
        Matcher unknown = UNKNOWN.matcher(problem);
        if (unknown.matches()) {
            return "there is no setting " + unknown.group("name") + "; correct its name, or remove it";
        }
        Matcher failure = CONVERSION_FAILURE.matcher(problem);
        if (!failure.matches()) {
            return problem;
        }
        ConfigValue value = config.getConfigValue(failure.group("name"));
        String service = String.valueOf(value.getValue()).startsWith("tcp://")
                ? "; Kubernetes sets it for a Service of that name, unless the pod has enableServiceLinks: false"
                : "";
        return userFacingName(value) + ": " + failure.group("why") + service;
    }

    /** Returns the name of the option of a setting, which may be shorter than that of the setting. */
    static String option(String property) {
        return property.substring(PREFIX.length())
                .replace("aerospike-hosts", "aerospike")
                .replace("keep-versions", "keep")
                .replace("ingest-", "")
                .replace("http.", "");
    }

    /** Returns the name of the setting as its source spells it: an option, an environment variable or a property. */
    static String userFacingName(ConfigValue value) {
        String property = value.getName();
        String source = String.valueOf(value.getSourceName());
        if (source.contains(COMMAND_LINE)) {
            return "--" + option(property);
        }
        // Of a configuration file, the name of the source has the path in brackets.
        source = source.replaceFirst("^PropertiesConfigSource\\[source=(?:file:(?://)?)?(.*)]$", "$1");
        return source.equals(EnvConfigSource.NAME) ? EnvironmentNames.of(property) : property + " in " + source;
    }
}
