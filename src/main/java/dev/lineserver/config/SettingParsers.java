package dev.lineserver.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.smallrye.config.SmallRyeConfigBuilder;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IngestRate;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.aerospike.AerospikeSettings;

/** Parses the values of settings; a parser fails with an {@link IllegalArgumentException} whose message users read. */
final class SettingParsers {
    /** Matches a host with a name after it that is not a port. */
    private static final Pattern HOST_AND_NAME = Pattern.compile("(?:\\[.*]|[^:]*):(?<name>[^:]*[^:\\d][^:]*)");

    private SettingParsers() {}

    /** Adds the parsers of all types that only settings of ours have. */
    static void addTo(SmallRyeConfigBuilder builder, int ordinal) {
        builder.withConverter(Path.class, ordinal, SettingParsers::parseDirectory)
                .withConverter(DatasetName.class, ordinal, DatasetName::new)
                .withConverter(
                        LineNumbers.class,
                        ordinal,
                        text -> new LineNumbers(List.of("0", "1").indexOf(text)))
                .withConverter(LinesPerRecord.class, ordinal, LinesPerRecord::parse)
                .withConverter(RequestRate.class, ordinal, RequestRate::parse)
                .withConverter(IngestRate.class, ordinal, IngestRate::parse)
                .withConverter(AerospikeSettings.SeedNode.class, ordinal, SettingParsers::parseSeedNode);
        addEnum(builder, ordinal, StoreConfig.Compress.class);
        addEnum(builder, ordinal, StoreConfig.Priority.class);
        addEnum(builder, ordinal, StoreConfig.Kind.class);
        addEnum(builder, ordinal, ServeConfig.AccessLogFormat.class);
        addEnum(builder, ordinal, ServeConfig.LogFormat.class);
        addEnum(builder, ordinal, ServeConfig.ClientCertificates.class);
    }

    private static <E extends Enum<E>> void addEnum(SmallRyeConfigBuilder builder, int ordinal, Class<E> type) {
        builder.withConverter(type, ordinal, text -> parseEnum(type, text));
    }

    private static <E extends Enum<E>> E parseEnum(Class<E> type, String text) {
        E[] constants = type.getEnumConstants();
        for (E constant : constants) {
            if (constant.name().equalsIgnoreCase(text)) {
                return constant;
            }
        }
        List<String> names = Arrays.stream(constants)
                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                .toList();
        String last = names.getLast();
        String others = names.stream().limit(names.size() - 1L).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("'" + text + "' is "
                + (names.size() == 2 ? "neither " + others + " nor " + last : "none of " + others + " and " + last));
    }

    /** A TLS name needs a port after it, because it could be a misspelled port. */
    private static AerospikeSettings.SeedNode parseSeedNode(String text) {
        Matcher portless = HOST_AND_NAME.matcher(text.strip());
        if (portless.matches()) {
            throw new IllegalArgumentException("the port '" + portless.group("name") + "' of '" + text
                    + "' is not a number; use HOST, HOST:PORT or HOST:TLS-NAME:PORT");
        }
        return AerospikeSettings.SeedNode.parse(text);
    }

    /** Returns null if the text is empty: SmallRye converts an empty text if the setting is absent. */
    static @Nullable Path parseDirectory(String text) {
        return text.isEmpty() ? null : parsePath(text);
    }

    static Path parsePath(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(
                    "the locale of this process cannot express the name '" + text + "'; set LC_ALL=C.UTF-8", e);
        }
    }
}
