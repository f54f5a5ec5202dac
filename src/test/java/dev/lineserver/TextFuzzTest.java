package dev.lineserver;

import java.math.BigInteger;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.config.Settings;
import dev.lineserver.config.UsageException;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.aerospike.AerospikeSettings.SeedNode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Feeds random text to the parsers of user input. A parser must accept every text of its grammar, and refuse any other
 * with an {@link IllegalArgumentException}. A failure names its seed; {@code -Dfuzz.seed=N} repeats the run.
 */
final class TextFuzzTest {
    private static final long SEED = Long.getLong("fuzz.seed", new Random().nextLong());
    private static final int ROUNDS = 20_000;
    private static final String[] PIECES = {
        "",
        "0",
        "1",
        "7",
        "65535",
        "65536",
        "99999",
        "123456789012345678901234567890",
        "-",
        "+",
        ".",
        ":",
        "::1",
        "[",
        "]",
        "[::1]",
        "[fe80::1%eth0]",
        "localhost",
        "db1",
        "db-2.example.org",
        ":3000",
        ":tls-name",
        ",",
        " ",
        "\t",
        "\n",
        "\u0000",
        "\u0661",
        "é",
        "%",
        "$",
        "${x}",
        "/",
        "\\",
        "tcp://10.0.0.1:8080",
        "e3",
        "0x1F"
    };

    private final Random random = new Random(SEED);

    private String text() {
        var text = new StringBuilder();
        for (int pieces = random.nextInt(5); pieces >= 0; pieces--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString();
    }

    /** Returns the result of {@code parse}, or null if it refuses the text. Any other exception fails the test. */
    private static <T> @Nullable T parsed(String text, Supplier<T> parse) {
        try {
            return parse.get();
        } catch (IllegalArgumentException refused) {
            assertFalse(String.valueOf(refused.getMessage()).isBlank(), () -> describe(text));
            return null;
        } catch (RuntimeException | StackOverflowError other) {
            throw new AssertionError(describe(text), other);
        }
    }

    private static String describe(String text) {
        return "seed " + SEED + ", text '" + text + "'";
    }

    @Test
    void aLineNumberIsAStringOfDigitsNotBelowTheFirstNumber() {
        for (int round = 0; round < ROUNDS; round++) {
            String text = text();
            int first = random.nextInt(2);
            Long index = parsed(text, () -> new LineNumbers(first).index(text));
            boolean digits = text.matches("[0-9]+") && new BigInteger(text).compareTo(BigInteger.valueOf(first)) >= 0;
            assertEquals(digits, index != null, () -> describe(text));
            if (index != null && index != Long.MAX_VALUE) {
                assertEquals(new BigInteger(text), BigInteger.valueOf(index + first), () -> describe(text));
            }
        }
    }

    @Test
    void aSeedHostIsAHostWithAnOptionalTlsNameAndPort() {
        for (int round = 0; round < ROUNDS; round++) {
            String text = text();
            SeedNode node = parsed(text, () -> SeedNode.parse(text));
            if (node != null) {
                assertTrue(node.port() > 0 && node.port() <= 65_535, () -> describe(text));
                assertFalse(node.host().isEmpty() || node.host().matches(".*[\\[\\]\\s].*"), () -> describe(text));
                String host = node.host().contains(":") ? "[" + node.host() + "]" : node.host();
                String tls = node.tlsName() == null ? "" : ":" + node.tlsName();
                assertEquals(node, SeedNode.parse(host + tls + ":" + node.port()), () -> describe(text));
            }
        }
    }

    @Test
    void aSettingIsUsedVerbatimOrRefusedByName() {
        for (int round = 0; round < ROUNDS / 100; round++) {
            String text = text();
            ServeConfig config;
            try {
                config = Settings.load(Map.of("port", text, "host", "h" + text)).serve();
            } catch (UsageException refused) {
                // A host with a blank or a colon, and nearly every port.
                assertTrue(
                        String.valueOf(refused.getMessage()).matches("(?s)--(?:host|port)\\b.*"),
                        () -> describe(text) + refused.getMessage());
                continue;
            }
            assertEquals(Integer.parseInt(text.trim()), config.port(), () -> describe(text));
            assertEquals("h" + text, config.host(), () -> describe(text));
        }
    }
}
