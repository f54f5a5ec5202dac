package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

import dev.lineserver.store.Samples;
import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The command line, run in this process. */
final class CommandTest {
    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private byte[] content = Samples.random(2_000, 100, 31);
    private Path file;

    @BeforeEach
    void write() throws Exception {
        file = Files.write(directory.resolve("a file.txt"), content);
    }

    private int run(String... arguments) {
        return run(new PrintWriter(out, true), arguments);
    }

    /** @param to writes to {@code out} */
    private int run(PrintWriter to, String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> all = new ArrayList<>(List.of(arguments));
        if (!List.of("--help", "--version").contains(all.getLast())) {
            all.add("--data-dir=" + directory.resolve("data"));
        }
        return LineServerCommand.commandLine()
                .setOut(to)
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }

    private static byte[] stdoutOf(Runnable command) {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.ISO_8859_1));
        try {
            command.run();
        } finally {
            System.setOut(before);
        }
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"serve", "ingest", "verify", "plan", "get", "datasets", "drop"})
    void everyVerbExplainsItself(String verb) {
        assertEquals(0, run(verb, "--help"));
        assertTrue(out.toString().startsWith("Usage: line-server " + verb), out.toString());
        assertTrue(out.toString().contains("--data-dir"), out.toString());
        assertEquals("", err.toString());
    }

    @Test
    void theProgramExplainsItself() {
        assertEquals(
                0,
                LineServerCommand.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .execute("--help"));
        assertTrue(out.toString().contains("LINE_SERVER_DATA_DIR"), out.toString());
        assertEquals(
                0,
                LineServerCommand.commandLine()
                        .setOut(new PrintWriter(out, true))
                        .execute("--version"));
    }

    @Test
    void wrongUsageIsExitCode2OnStandardError() {
        for (String[] wrong : new String[][] {
            {"ingest"},
            {"get"},
            {"get", "x"},
            {"get", "0"},
            {"get", "5-3"},
            {"get", "1", "--first-line-number=2"},
            {"frobnicate"},
            {"ingest", "x", "--dataset=No Such Name"},
            {"datasets", "--no-such-option"}
        }) {
            assertEquals(CommandLine.ExitCode.USAGE, run(wrong), String.join(" ", wrong));
            assertEquals("", out.toString());
            assertFalse(err.toString().isBlank());
        }
        assertEquals(
                2,
                LineServerCommand.commandLine()
                        .setErr(new PrintWriter(err, true))
                        .execute());
    }

    @Test
    void aFileIsStoredListedReadVerifiedAndDropped() {
        assertEquals(0, run("ingest", file.toString()), err.toString());
        assertTrue(out.toString().contains("version 1: 2,000 lines"), out.toString());
        assertEquals(0, run("datasets"));
        assertTrue(out.toString().contains(file.toString()), out.toString());
        assertEquals(0, run("verify", file.toString()));
        assertTrue(out.toString().contains("2,000 lines, byte for byte"), out.toString());
        assertEquals(0, run("drop", "default"));
        assertEquals(0, run("datasets"));
        assertEquals("", out.toString());
        assertEquals(1, run("drop", "default"));
        assertTrue(err.toString().contains("no dataset default"), err.toString());
    }

    @Test
    void jsonIsForPrograms() {
        assertEquals(0, run("ingest", file.toString(), "--json", "--dataset=mine"));
        JsonObject ingested = new JsonObject(out.toString());
        assertEquals(2_000, ingested.getLong("lines"));
        assertEquals(content.length, ingested.getLong("bytes"));
        assertTrue(ingested.getBoolean("stored"));
        assertEquals(0, run("ingest", file.toString(), "--json", "--dataset=mine", "--if-changed"));
        assertFalse(new JsonObject(out.toString()).getBoolean("stored"));
        assertEquals(0, run("datasets", "--json"));
        JsonObject listed =
                new JsonObject(out.toString()).getJsonArray("datasets").getJsonObject(0);
        assertEquals(ingested.getString("digest"), listed.getString("digest"));
        assertEquals("mine", listed.getString("dataset"));
        assertEquals(0, run("plan", file.toString(), "--json"));
        JsonObject plan = new JsonObject(out.toString());
        assertTrue(plan.getBoolean("fits"));
        assertEquals("lines", plan.getJsonArray("figures").getJsonObject(0).getString("name"));
        assertEquals(2_000, plan.getJsonArray("figures").getJsonObject(0).getLong("value"));
        assertEquals(0, run("verify", file.toString(), "--json", "--dataset=mine"));
        assertTrue(new JsonObject(out.toString()).getBoolean("same"));
    }

    @Test
    void getPrintsLinesEachEnded() {
        run("ingest", file.toString());
        List<byte[]> lines = Samples.linesOf(content);
        assertArrayEquals(joined(lines, 7, 7), stdoutOf(() -> assertEquals(0, run("get", "7"))));
        assertArrayEquals(joined(lines, 5, 900), stdoutOf(() -> assertEquals(0, run("get", "5-900"))));
        assertArrayEquals(
                joined(lines, 1, 1), stdoutOf(() -> assertEquals(0, run("get", "0", "--first-line-number=0"))));
        assertArrayEquals(joined(lines, 1999, 2000), stdoutOf(() -> assertEquals(1, run("get", "1999-2001"))));
        assertTrue(err.toString().contains("line 2001 is beyond the end: 2000 lines"), err.toString());
    }

    private static byte[] joined(List<byte[]> lines, int first, int last) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] line : lines.subList(first - 1, last)) {
            joined.writeBytes(line);
            joined.write('\n');
        }
        return joined.toByteArray();
    }

    @Test
    void verifyFailsOnADifferentFile() throws Exception {
        run("ingest", file.toString(), "--copy");
        content = content.clone();
        content[content.length / 2] ^= 1;
        Files.write(file, content);
        assertEquals(1, run("verify", file.toString()));
        assertTrue(out.toString().contains("differs"), out.toString());
    }

    @Test
    void failuresAreExitCode1WithAMessageAndNoStackTrace() {
        for (String[] failing : new String[][] {
            {"ingest", directory.toString()},
            {"ingest", "/no/such/file"},
            {"verify", file.toString()},
            {"get", "1"}
        }) {
            assertEquals(1, run(failing), String.join(" ", failing));
            assertEquals("", out.toString());
            assertTrue(err.toString().startsWith("line-server: "), err.toString());
            assertEquals(1, err.toString().lines().count(), err.toString());
        }
    }

    @Test
    void theServerKnowsEverySettingOfServe() throws Exception {
        Set<String> known = Arrays.stream(
                        Class.forName("dev.lineserver.http.ServeConfig").getDeclaredMethods())
                .filter(method -> Modifier.isAbstract(method.getModifiers()))
                .map(method -> method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> options = Objects.requireNonNull(
                        LineServerCommand.commandLine().getSubcommands().get("serve"))
                .getCommandSpec()
                .options()
                .stream()
                .map(SettingDefaults::property)
                .map(property -> property.substring("line-server.".length()))
                .collect(Collectors.toCollection(TreeSet::new));
        options.removeIf(name -> name.equals("copy") || name.startsWith("mixinStandardHelpOptions"));
        options.add("aerospike-password");
        assertEquals(known, options);
    }

    @Test
    void anOptionIsAPropertyToo() {
        System.setProperty("line-server.dataset", "from-property");
        try {
            assertEquals(0, run("ingest", file.toString()));
            assertTrue(out.toString().contains("dataset from-property version 1"), out.toString());
        } finally {
            System.clearProperty("line-server.dataset");
        }
    }

    @Test
    void aVersionIsReportedWhileTheOneBeforeIsStillKeptForItsReaders() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            String aerospike = "--aerospike=" + node.address();
            assertEquals(0, run("ingest", file.toString(), aerospike), err.toString());
            AtomicLong keptWhenReported = new AtomicLong();
            PrintWriter reported = new PrintWriter(out, true) {
                @Override
                public void println(String text) {
                    keptWhenReported.set(node.recordsOfTheFirstSet());
                    super.println(text);
                }
            };
            assertEquals(0, run(reported, "ingest", file.toString(), aerospike), err.toString());
            assertTrue(out.toString().startsWith("dataset default version 2: 2,000 lines"), out.toString());
            assertEquals(2_000, keptWhenReported.get());
            assertEquals(0, node.recordsOfTheFirstSet());
        }
    }
}
