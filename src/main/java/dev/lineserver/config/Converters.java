package dev.lineserver.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.eclipse.microprofile.config.spi.Converter;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.aerospike.AerospikeSettings;

/** From the text of a setting to its value. An {@link IllegalArgumentException} says which values the setting takes. */
final class Converters {
    private Converters() {}

    private static int whole(String text, String what, int least, int most) {
        boolean digits = text.matches("[0-9]{1,9}");
        int number = digits ? Integer.parseInt(text) : -1;
        if (number < least || number > most) {
            throw new IllegalArgumentException(
                    "'%s' is not %s, a whole number from %d to %d".formatted(text, what, least, most));
        }
        return number;
    }

    private static String oneOf(List<String> allowed, String text) {
        return allowed.stream()
                .filter(text::equalsIgnoreCase)
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("'" + text + "' is none of " + String.join(", ", allowed)));
    }

    /** Name of a dataset. */
    public static final class Dataset implements Converter<DatasetName> {
        @Override
        public DatasetName convert(String text) {
            return new DatasetName(text);
        }
    }

    /** Number of the first line. */
    public static final class FirstLine implements Converter<LineNumbers> {
        @Override
        public LineNumbers convert(String text) {
            return new LineNumbers(whole(text, "the number of a first line", 0, 1));
        }
    }

    /** Port to listen on. */
    public static final class Port implements Converter<Integer> {
        @Override
        public Integer convert(String text) {
            if (text.startsWith("tcp://")) {
                throw new IllegalArgumentException("'" + text + "' is the address of a Kubernetes Service named"
                        + " line-server, not a port; set enableServiceLinks: false in the pod");
            }
            return whole(text, "a port", 0, 65_535);
        }
    }

    /** Directory, which need not be there yet. */
    public static final class Directory implements Converter<Path> {
        @Override
        public Path convert(String text) {
            if (text.isBlank()) {
                throw new IllegalArgumentException("the name of the directory is blank");
            }
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException(
                        "the locale of this process cannot express the name '" + text + "'; set LC_ALL=C.UTF-8", e);
            }
        }
    }

    /** Kind of store. */
    public static final class StoreKind implements Converter<StoreConfig.Kind> {
        @Override
        public StoreConfig.Kind convert(String text) {
            return oneOf(List.of("embedded", "aerospike"), text).equals("embedded")
                    ? StoreConfig.Kind.EMBEDDED
                    : StoreConfig.Kind.AEROSPIKE;
        }
    }

    /** Node of a cluster. */
    public static final class Node implements Converter<AerospikeSettings.Node> {
        @Override
        public AerospikeSettings.Node convert(String text) {
            return AerospikeSettings.Node.parse(text);
        }
    }

    /** Time for a lookup: shared out among three attempts, each of which needs some. */
    public static final class Timeout implements Converter<Duration> {
        @Override
        public Duration convert(String text) {
            return Duration.ofMillis(whole(text, "a number of milliseconds", 10, 600_000));
        }
    }

    /** Connections per node: at least one for each of the event loops of a small machine. */
    public static final class Connections implements Converter<Integer> {
        @Override
        public Integer convert(String text) {
            return whole(text, "a number of connections", 1, 100_000);
        }
    }

    /** Name of a replica policy of the Aerospike client. */
    public static final class Replica implements Converter<String> {
        @Override
        public String convert(String text) {
            return oneOf(
                    List.of("sequence", "master", "master-proles", "prefer-rack", "random"), text.replace('_', '-'));
        }
    }
}
