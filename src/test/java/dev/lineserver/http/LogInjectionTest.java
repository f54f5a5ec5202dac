package dev.lineserver.http;

import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;

import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Whatever clients send, neither the log nor the access log has a line, a field or a sign for a terminal of theirs. */
final class LogInjectionTest {
    private static final String MARK = "INJECTED";
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\\n\\t]]");
    /** Printable ASCII, in which quotes and backslashes are escaped. */
    private static final String QUOTED = "\"(?:[ !#-\\[\\]-~]|\\\\[ -~])*\"";

    private static final Pattern ACCESS_LINE = Pattern.compile("127\\.0\\.0\\.1 - - \\[[^]]*] " + QUOTED
            + " (?:\\d{3}|-) (?:\\d+|-) " + QUOTED + " " + QUOTED + "(?: [0-9a-f]{32})?");

    /** All records of all loggers, with their exceptions. */
    private static final class Records extends Handler {
        final List<String> texts = new CopyOnWriteArrayList<>();

        @Override
        public void publish(LogRecord entry) {
            texts.add(entry.getMessage().formatted(entry.getParameters())
                    + (entry.getThrown() == null ? "" : " " + entry.getThrown()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    /** Pieces that HTTP permits within a header and a target, and those that end them. */
    private static final List<String> PIECES = List.of(
            MARK,
            "\033[2J",
            "%0a",
            "%0d%0a" + MARK,
            "%1b",
            "\"",
            "\\",
            "\u0085",
            "%u000a",
            "..",
            "/",
            ";",
            "?",
            "#",
            "%25",
            "${jndi:ldap://x}",
            "%s%n",
            "{0}",
            "\u00ff",
            // In UTF-8: the escape sequence of a terminal, and a character that reverses the direction of the text.
            "\u00c2\u009b2J",
            "\u00e2\u0080\u00ae",
            "\r\n" + MARK,
            "\n",
            "\r",
            "\0",
            "\t",
            " ",
            "%zz",
            "\r\nHost: x");

    private static final int ENDING_PIECES = 8;

    /** Returns text that is hostile, but four times in five still HTTP. */
    private static String hostile(Random random) {
        int pieces = PIECES.size() - (random.nextInt(5) > 0 ? ENDING_PIECES : 0);
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(4); i >= 0; i--) {
            text.append(PIECES.get(random.nextInt(pieces)));
        }
        return text.toString();
    }

    private static String mostly(String harmless, Random random) {
        return random.nextInt(3) > 0 ? harmless : hostile(random);
    }

    @ParameterizedTest
    @CsvSource({"true, combined", "false, combined", "false, json"})
    void nothingOfARequestGetsIntoALogUnescaped(boolean fastPath, String format) throws Exception {
        Records log = new Records();
        Logger root = Logger.getLogger("");
        root.addHandler(log);
        String access;
        try (ScriptedLines lines =
                new ScriptedLines(Duration.ofSeconds(30), Map.of("line-server.access-log", format))) {
            lines.answer(index -> {
                if (index % 2 == 0) {
                    throw new IllegalStateException("scripted");
                }
                return ScriptedLines.found("a line");
            });
            try (PlainServer server = new PlainServer(lines.components, fastPath, new HttpServerOptions())) {
                for (long seed = 0; seed < 400; seed++) {
                    send(server.port(), new Random(seed));
                }
            }
            lines.components.accessLog.close();
            access = lines.components.accessLines.toString(StandardCharsets.UTF_8);
        } finally {
            root.removeHandler(log);
        }
        assertFalse(log.texts.isEmpty(), "no failure was logged");
        for (String text : log.texts) {
            assertFalse(text.contains(MARK) || CONTROL.matcher(text).find(), text);
        }
        assertTrue(access.lines().count() > 50, access);
        for (String line : access.split("\n", -1)) {
            if (format.equals("json") && !line.isEmpty()) {
                assertEquals("127.0.0.1", new JsonObject(line).getString("client"));
                assertFalse(CONTROL.matcher(line).find(), line);
            } else {
                assertTrue(line.isEmpty() || ACCESS_LINE.matcher(line).matches(), line);
            }
        }
    }

    private static void send(int port, Random random) throws Exception {
        String target = switch (random.nextInt(4)) {
            case 0 -> "/lines/" + random.nextInt(10);
            case 1 -> "/lines/" + hostile(random);
            case 2 -> "/datasets/" + hostile(random) + "/lines/1";
            default -> "/" + hostile(random);
        };
        String request = (random.nextInt(20) == 0 ? hostile(random) : "GET") + " " + target + " HTTP/1.1\r\nHost: x\r\n"
                + "Connection: close\r\nUser-Agent: " + mostly("curl", random) + "\r\nReferer: " + mostly("x", random)
                + "\r\ntraceparent: 00-" + mostly("0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", random)
                + "-01\r\nAccept: " + mostly("*/*", random) + "\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            byte[] _ = socket.getInputStream().readAllBytes();
        } catch (SocketException reset) {
            // The server closes the connection of a request that is not HTTP.
        }
    }
}
