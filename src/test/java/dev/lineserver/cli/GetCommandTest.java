package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.store.Samples;
import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests {@code get} within this process, over the embedded store. */
final class GetCommandTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(OutputStream to, String... arguments) {
        out.reset();
        err.reset();
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--data-dir=" + directory.resolve("data"));
        return LineServerCommand.run(
                to, new PrintStream(err, true, StandardCharsets.UTF_8), all.toArray(String[]::new));
    }

    private int run(String... arguments) {
        return run(out, arguments);
    }

    private void ingest(byte[] content) throws IOException {
        Path file = Files.write(directory.resolve("file"), content);
        assertEquals(0, run("ingest", file.toString()), err.toString(StandardCharsets.UTF_8));
    }

    private String printed() {
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    private String messages() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "2, b., ''",
        "2-3, b.c., ''",
        "2-, b.c.d, ''",
        "-2, c.d, ''",
        "-9, a.b.c.d, ''",
        "-99999999999999999999, a.b.c.d, ''",
        "4, d, ''",
        "4 1, d.a., ''",
        "-1 1-2 4 3-4 1, d.a.b.d.c.d.a., ''",
        "3- -2 2 2, c.d.c.d.b.b., ''",
        "3-9, c.d, line 5 is beyond the end: 4 lines.",
        "5- 1, a., line 5 is beyond the end: 4 lines.",
        "6- 007 1, a., line 6 is beyond the end: 4 lines.line-server: line 007 is beyond the end: 4 lines.",
        "9999999999999999999, '', line 9999999999999999999 is beyond the end: 4 lines.",
        "5-9999999999999999999, '', line 5 is beyond the end: 4 lines.",
    })
    void selectionsArePrintedInTheirOrder(String selections, String lines, String message) throws Exception {
        ingest("a\nb\nc\nd".getBytes(StandardCharsets.UTF_8));
        List<String> words = new ArrayList<>(List.of("get"));
        words.addAll(List.of(selections.split(" ")));
        assertEquals(message.isEmpty() ? 0 : 1, run(words.toArray(String[]::new)), messages());
        assertEquals(lines.replace('.', '\n'), printed());
        assertEquals(message.isEmpty() ? "" : "line-server: " + message.replace('.', '\n'), messages());
    }

    @Test
    void optionsMayStandBeforeBetweenAndAfterSelections() throws Exception {
        ingest("a\nb\n".getBytes(StandardCharsets.UTF_8));
        for (String[] arguments : new String[][] {
            {"get", "--version", "1", "--first-line-number=0", "-1", "0", "--number"},
            {"get", "-1", "--version", "1", "--number", "0", "--first-line-number=0"},
            {"get", "--number", "--first-line-number", "0", "-1", "0"}
        }) {
            assertEquals(0, run(arguments), messages());
            assertEquals("1\tb\n0\ta\n", printed());
        }
    }

    @Test
    void linesThatDoNotExistAreNamedUpToTenAndCounted() throws Exception {
        ingest("a\n".getBytes(StandardCharsets.UTF_8));
        List<String> words = new ArrayList<>(List.of("get"));
        for (int i = 2; i < 15; i++) {
            words.add(Integer.toString(i));
        }
        assertEquals(1, run(words.toArray(String[]::new)));
        assertEquals(11, messages().lines().count(), messages());
        assertEquals(
                "line-server: and 3 more lines that are damaged or beyond the end",
                messages().lines().toList().getLast());
    }

    /** Both streams are one, as in a terminal. */
    @Test
    void linesThatDoNotExistAreNamedAfterAllOthers() throws Exception {
        ingest("a\nb\n".getBytes(StandardCharsets.UTF_8));
        assertEquals(1, run(err, "get", "1", "9", "2"));
        assertEquals("a\nb\nline-server: line 9 is beyond the end: 2 lines\n", messages());
    }

    @Test
    void aMissingDatasetIsReportedWithTheClusterThatWasSearched() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            assertEquals(1, run("get", "1", "--aerospike=" + node.address()));
            String start = "line-server: there is no dataset default in namespace lines of the Aerospike cluster at ["
                    + node.address() + "]; ";
            assertTrue(messages().startsWith(start), this::messages);
        }
    }

    @Test
    void damagedLinesAreNamedByTheirNumbersAndAllOthersArePrinted() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            String aerospike = "--aerospike=" + node.address();
            Path file = Files.writeString(directory.resolve("file"), "a\nb\nc\nd\n");
            assertEquals(0, run("ingest", file.toString(), aerospike), this::messages);
            node.loseLine("c");
            String patient = "--aerospike-timeout=20000";
            assertEquals(1, run("get", "1-", aerospike, patient));
            assertEquals("a\nb\nd\n", printed());
            String lost =
                    "line-server: lines of default version 1 are missing from set _a .* ingest the file again .*\n";
            assertTrue(messages().matches(lost + "line-server: line 3 is damaged: \\S.*\n"), this::messages);
            assertEquals(1, run("get", "3", "2", "--first-line-number=0", "--number", aerospike, patient));
            assertEquals("3\td\n", printed());
            assertTrue(messages().matches(lost + "line-server: line 2 is damaged: \\S.*\n"), this::messages);
        }
    }

    @Test
    void allLinesAreTheBytesOfTheFile() throws Exception {
        for (Map.Entry<String, byte[]> sample : Samples.all().entrySet()) {
            ingest(sample.getValue());
            assertEquals(0, run("get", "1-"), sample.getKey() + messages());
            assertArrayEquals(sample.getValue(), out.toByteArray(), sample.getKey());
            assertEquals(0, run("get", "1-", "--number"), sample.getKey());
            assertArrayEquals(numbered(sample.getValue(), 0, Integer.MAX_VALUE), out.toByteArray(), sample.getKey());
        }
    }

    @Test
    void randomRangesAreTheLinesOfTheFile() throws Exception {
        byte[] content = Samples.random(30_000, 300, 5);
        List<byte[]> lines = Samples.linesOf(content);
        ingest(content);
        Random random = new Random(17);
        for (int i = 0; i < 20; i++) {
            int first = random.nextInt(lines.size());
            int last = first + random.nextInt(lines.size() - first);
            String range = (first + 1) + "-" + (last + 1);
            assertEquals(0, run("get", range));
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            for (byte[] line : lines.subList(first, last + 1)) {
                expected.writeBytes(line);
                expected.write('\n');
            }
            assertArrayEquals(expected.toByteArray(), out.toByteArray(), range);
            assertEquals(0, run("get", range, "--number"));
            assertArrayEquals(numbered(content, first, last + 1), out.toByteArray(), range);
        }
    }

    private static byte[] numbered(byte[] content, int first, int end) {
        List<byte[]> lines = Samples.linesOf(content);
        ByteArrayOutputStream numbered = new ByteArrayOutputStream();
        for (int i = first; i < Math.min(end, lines.size()); i++) {
            numbered.writeBytes((i + 1 + "\t").getBytes(StandardCharsets.US_ASCII));
            numbered.writeBytes(lines.get(i));
            if (i + 1 < lines.size() || content[content.length - 1] == '\n') {
                numbered.write('\n');
            }
        }
        return numbered.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({
        "Broken pipe, ''",
        "No space left on device, line-server: standard output cannot be written: No space left on device"
    })
    void aFailedWriteEndsGetAndOnlyAClosedPipeEndsItWithoutAMessage(String failure, String message) throws Exception {
        ingest(Samples.random(20_000, 300, 5));
        OutputStream failing = new OutputStream() {
            private int writes;

            @Override
            public void write(int b) {
                throw new AssertionError("blocks are written");
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                writes++;
                if (writes > 1) {
                    assertEquals(2, writes, "no write follows a failed one");
                    throw new IOException(failure);
                }
            }
        };
        assertEquals(1, run(failing, "get", "1-"));
        assertEquals(message, messages().strip());
    }
}
