package dev.lineserver.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class McpCommandTest {
    private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"}";
    private static final String PONG = "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{}}";

    @TempDir
    Path directory;

    private final InputStream stdin = System.in;
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void ingest() throws Exception {
        Path file = directory.resolve("x.txt");
        Files.writeString(file, "one\ntwo\nthree");
        run("ingest", file.toString(), "--dataset", "numbers");
        err.reset();
    }

    @AfterEach
    void restore() {
        System.setIn(stdin);
    }

    /** Returns the lines of standard output. */
    private List<String> run(String... arguments) {
        String[] words = Arrays.copyOf(arguments, arguments.length + 1);
        words[arguments.length] = "--data-dir=" + directory.resolve("data");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertEquals(0, LineServerCommand.run(out, new PrintStream(err, true, StandardCharsets.UTF_8), words));
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private List<String> mcp(String messages, String... options) {
        System.setIn(new ByteArrayInputStream(messages.getBytes(StandardCharsets.UTF_8)));
        String[] words = new String[options.length + 1];
        words[0] = "mcp";
        System.arraycopy(options, 0, words, 1, options.length);
        return run(words);
    }

    @Test
    void eachLineIsAMessageAndNothingElseIsWritten() {
        String call = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":"
                + "{\"name\":\"read_lines\",\"arguments\":{\"start\":2}}}";
        List<String> answers = mcp(
                PING + "\r\n\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n" + call + "\n{\n" + PING,
                "--dataset=numbers");
        assertEquals(PONG, answers.get(0));
        assertEquals(
                "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\""
                        + "{\\\"dataset\\\":\\\"numbers\\\",\\\"version\\\":1,\\\"line_count\\\":3,\\\"lines\\\":["
                        + "{\\\"number\\\":2,\\\"text\\\":\\\"two\\\"},{\\\"number\\\":3,\\\"text\\\":\\\"three\\\"}],"
                        + "\\\"end\\\":true}\"}],\"isError\":false}}",
                answers.get(1));
        assertTrue(answers.get(2).contains("-32700"), answers.get(2));
        assertEquals(PONG, answers.get(3));
        assertEquals(4, answers.size());
    }

    @Test
    void aLineThatIsTooLongIsRefusedAndSkipped() {
        String longest = PING + " ".repeat((64 << 10) - PING.length());
        List<String> answers = mcp(longest + "\n" + longest + " \n" + " ".repeat(1 << 20) + "\n" + PING + "\n");
        assertEquals(PONG, answers.get(0));
        assertTrue(answers.get(1).contains("longer than 65536 bytes"), answers.get(1));
        assertTrue(answers.get(2).contains("longer than 65536 bytes"), answers.get(2));
        assertEquals(PONG, answers.get(3));
        assertEquals(4, answers.size());
    }
}
