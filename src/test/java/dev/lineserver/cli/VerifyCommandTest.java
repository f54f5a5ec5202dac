package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    }

    /** The archive is cut, so that the comparison fails in the middle. */
    @Test
    void aFailedComparisonSaysFromWhichLineItCanBeResumed() throws Exception {
        byte[] text = "a line of text\n".repeat(400_000).getBytes(StandardCharsets.UTF_8);
        Files.write(file, text);
        assertEquals(0, run("ingest", file.toString(), "--copy"));
        Path gzip = directory.resolve("cut.gz");
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream to = new GZIPOutputStream(packed)) {
            to.write(text);
        }
        Files.write(gzip, Arrays.copyOf(packed.toByteArray(), packed.size() / 2));
        assertEquals(1, run("verify", gzip.toString()));
        List<String> messages = err.toString(StandardCharsets.UTF_8).lines().toList();
        String resume = messages.get(messages.size() - 2);
        assertTrue(
                resume.matches("line-server: verify ended before line \\d{5,6}; resume with --from \\d{5,6}"),
                () -> messages.toString());
        assertTrue(messages.getLast().contains("cut.gz"), () -> messages.toString());
        String from = resume.replaceFirst(".* ", "");
        assertTrue(verify(0, "--from", from).contains(" lines from line " + from + " on"), answer());
    }
}
