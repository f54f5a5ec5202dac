package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests {@code verify} within this process, over the embedded store. */
final class VerifyCommandTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Path file;

    private int run(String... arguments) {
        out.reset();
        err.reset();
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--data-dir=" + directory.resolve("data"));
        return LineServerCommand.run(
                out, new PrintStream(err, true, StandardCharsets.UTF_8), all.toArray(String[]::new));
    }

    /** Returns the answer, in which FILE is the name of the file. */
    private String answer() {
        assertEquals("", err.toString(StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8).replace(file.toString(), "FILE");
    }

    private JsonObject json() {
        return new JsonObject(answer());
    }

    @BeforeEach
    void ingest() throws Exception {
        file = directory.resolve("file");
        Files.writeString(file, "a\nb\nc\nd\n");
        assertEquals(0, run("ingest", file.toString(), "--copy"));
    }

    private String verify(int exitCode, String... options) {
        List<String> all = new ArrayList<>(List.of("verify", file.toString()));
        all.addAll(List.of(options));
        assertEquals(exitCode, run(all.toArray(String[]::new)), out + "" + err);
        return answer();
    }

    @Test
    void theAnswerSaysWhatWasCompared() {
        String version = "dataset default version 1 equals FILE: ";
        assertEquals(version + "4 lines, byte for byte\n", verify(0));
        assertEquals(version + "2 lines from line 3 on, and the digest of the whole\n", verify(0, "--from", "3"));
        assertEquals(
                version + "3 lines from line 1 on, and the digest of the whole\n",
                verify(0, "--from", "1", "--first-line-number=0"));
        assertEquals(
                version + "3 random lines (--seed 7), and the digest of the whole\n",
                verify(0, "--sample=3", "--seed=7"));
        assertEquals(
                version + "the number of lines and bytes, and the digest; no stored line was read\n",
                verify(0, "--counts"));
        assertTrue(verify(0, "--sample=3").matches("(?s).* 3 random lines \\(--seed \\d{1,6}\\), .*"), answer());
    }

    @Test
    void differencesAreNamedUpToTheTenth() throws Exception {
        Files.writeString(file, "a\nbx\nc\nd\ne\n");
        assertEquals("""
                dataset default version 1 differs from FILE: line 2 differs from byte 2 on
                line 5 is missing: the version has 4 lines
                """, verify(1));
        assertEquals("""
                dataset default version 1 has fewer lines than FILE: line 5 is missing: the version has 4 lines
                compared: 3 lines from line 3 on, and the digest of the whole
                """, verify(1, "--from=3"));
        Files.writeString(file, "a\nb\n");
        assertEquals("""
                dataset default version 1 has more lines than FILE: line 3 is extra: the file has 2 lines
                line 4 is extra: the file has 2 lines
                """, verify(1));
        Files.writeString(file, "x\n".repeat(100));
        List<String> lines = verify(1).lines().toList();
        assertEquals(11, lines.size());
        assertEquals("stopped after 10 differences", lines.getLast());
        verify(1, "--json");
        assertEquals(
                JsonObject.of("level", "lines", "from", 1, "lines", 10, "complete", false),
                json().getJsonObject("compared"));
        assertTrue(
                verify(1, "--from=2").endsWith("stopped after 10 differences\ncompared: 10 lines from line 2 on\n"),
                this::answer);
    }

    @Test
    void aDifferenceBeforeTheFirstComparedLineIsFoundByTheDigest() throws Exception {
        Files.writeString(file, "x\nb\nc\nd\n");
        assertEquals(
                "dataset default version 1 differs from FILE:"
                        + " the version has another byte count or digest, so lines that were not compared differ\n"
                        + "compared: 2 lines from line 3 on, and the digest of the whole\n",
                verify(1, "--from=3"));
    }

    @Test
    void jsonHasTheVerdictTheDifferencesAndWhatWasCompared() throws Exception {
        verify(0, "--json");
        assertTrue(json().getBoolean("same"));
        assertEquals("same", json().getString("verdict"));
        assertEquals(new JsonArray(), json().getJsonArray("differences"));
        assertEquals(
                JsonObject.of("level", "lines", "from", 1, "lines", 4, "complete", true),
                json().getJsonObject("compared"));
        verify(0, "--json", "--counts");
        assertEquals(JsonObject.of("level", "counts", "complete", true), json().getJsonObject("compared"));
        verify(0, "--json", "--sample=2", "--seed=9");
        assertEquals(
                JsonObject.of("level", "sample", "seed", 9, "lines", 2, "complete", true),
                json().getJsonObject("compared"));
        Files.writeString(file, "a\nbx\nc\nd\ne\n");
        verify(1, "--json");
        assertFalse(json().getBoolean("same"));
        assertEquals("differs", json().getString("verdict"));
        assertEquals("line 2 differs from byte 2 on", json().getString("difference"));
        assertEquals(
                JsonArray.of(
                        JsonObject.of("line", 2, "verdict", "differs", "detail", "from byte 2 on"),
                        JsonObject.of("line", 5, "verdict", "missing", "detail", "the version has 4 lines")),
                json().getJsonArray("differences"));
        verify(1, "--json", "--counts");
        assertEquals(JsonObject.of("level", "counts", "complete", true), json().getJsonObject("compared"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"4", "99999999999999999999"})
    void aComparisonFromALineThatDoesNotExistIsRefused(String from) throws Exception {
        Files.writeString(file, "one\ntwo\n");
        assertEquals(0, run("ingest", file.toString()));
        assertEquals(2, run("verify", file.toString(), "--from", from));
        String message = err.toString(StandardCharsets.UTF_8);
        assertTrue(message.startsWith("line-server: --from: line " + from + " does not exist: "), message);
        assertTrue(message.endsWith(" has 2 lines\n"), message);
        assertEquals(0, run("verify", file.toString(), "--from", "3"), "only the digest is left to compare");
    }

    /** 500,000 lines. The version has them all; a file has most of them, because it is cut. */
    private static final String LINES = "a line of text\n".repeat(500_000);

    /** Verifies a file whose archive is cut, so that the comparison fails in the middle; returns its messages. */
    private List<String> verifyCut(String text, String... options) throws Exception {
        Path archive = directory.resolve("cut.gz");
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        // Not compressed, so that archives of texts of one length are cut at the same line.
        try (GZIPOutputStream to = new GZIPOutputStream(packed) {
            {
                def.setLevel(Deflater.NO_COMPRESSION);
            }
        }) {
            to.write(text.getBytes(StandardCharsets.US_ASCII));
        }
        Files.write(archive, Arrays.copyOf(packed.toByteArray(), text.length() * 3 / 4));
        List<String> all = new ArrayList<>(List.of("verify", archive.toString()));
        all.addAll(List.of(options));
        assertEquals(1, run(all.toArray(String[]::new)));
        assertEquals("", out.toString(StandardCharsets.UTF_8));
        List<String> messages = err.toString(StandardCharsets.UTF_8).lines().toList();
        assertTrue(messages.getFirst().endsWith("cut.gz is gzip-compressed; unpacking it"), messages::toString);
        assertTrue(messages.getLast().contains("cut.gz"), messages::toString);
        return messages.subList(1, messages.size() - 1);
    }

    private static List<String> resumedAt(long number) {
        return List.of("line-server: verify ended before line " + number + "; resume with --from " + number);
    }

    /** Returns the lines with another first byte of the line with this number. */
    private static String changed(long number) {
        int start = (int) (number - 1) * "a line of text\n".length();
        return LINES.substring(0, start) + 'A' + LINES.substring(start + 1);
    }

    /** The line before the one that the message names was compared; the named one was not. */
    @Test
    void aFailedComparisonNamesTheFirstLineThatWasNotCompared() throws Exception {
        Files.writeString(file, LINES);
        assertEquals(0, run("ingest", file.toString(), "--copy"));
        long next = Long.parseLong(verifyCut(LINES).getFirst().replaceFirst(".* ", ""));
        assertTrue(next > 100_000 && next < 375_000, () -> "resumed at " + next);
        assertEquals(resumedAt(next), verifyCut(LINES, "--from", "1001"));
        assertEquals(resumedAt(next - 1), verifyCut(LINES, "--first-line-number=0"));
        assertEquals(resumedAt(400_000), verifyCut(LINES, "--from", "400000"), "no line was compared");
        List<String> found = verifyCut(changed(next - 1));
        assertEquals("line-server: line " + (next - 1) + " differs from byte 1 on", found.getFirst());
        assertEquals(resumedAt(next), found.subList(1, found.size()));
        assertEquals(resumedAt(next), verifyCut(changed(next)));
        Files.writeString(file, changed(next));
        assertTrue(verify(1, "--from", "" + next).contains(": line " + next + " differs from byte 1 on\n"), answer());
    }

    @Test
    void aDamagedLineIsNamedAndFailsTheCommand() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            String aerospike = "--aerospike=" + node.address();
            assertEquals(0, run("ingest", file.toString(), aerospike));
            node.loseLine("b");
            for (String sample : new String[] {"--json=false", "--sample=9"}) {
                assertEquals(1, run("verify", file.toString(), sample, aerospike, "--aerospike-timeout=20000"));
                String message = err.toString(StandardCharsets.UTF_8);
                assertTrue(
                        message.matches("line-server: lines of default version 1 are missing from set .*\n"), message);
                String answer = out.toString(StandardCharsets.UTF_8);
                assertTrue(
                        answer.startsWith(
                                "dataset default version 1 is damaged: line 2 is damaged: its record is missing"),
                        answer);
            }
        }
    }

    @Test
    void aPrintedSeedChoosesTheSameLinesAgain() throws Exception {
        Files.writeString(file, "a\n".repeat(1_000));
        assertEquals(0, run("ingest", file.toString(), "--copy"));
        Files.writeString(file, "b\n".repeat(1_000));
        assertEquals("""
                dataset default version 2 differs from FILE: line 892 differs from byte 1 on
                line 941 differs from byte 1 on
                line 998 differs from byte 1 on
                compared: 3 random lines (--seed 42), and the digest of the whole
                """, verify(1, "--sample=3", "--seed=42"));
        String first = verify(1, "--sample=3");
        String seed = first.replaceFirst("(?s).*--seed (\\d+).*", "$1");
        assertEquals(first, verify(1, "--sample=3", "--seed", seed));
    }
}
