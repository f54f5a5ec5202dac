package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The commands that show and change the versions of a dataset, over the embedded store. */
final class VersionCommandsTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void write() throws Exception {
        Files.writeString(directory.resolve("a.txt"), "one\ntwo\nthree\n");
        Files.writeString(directory.resolve("b.txt"), "one\nTWO\nthree\nfour\n");
        Files.writeString(directory.resolve("c.txt"), "one\nTWO\nthree\n");
    }

    /** Runs a command line in which words that end in {@code .txt} are files. */
    private int run(String commandLine) {
        List<String> words = new ArrayList<>();
        for (String word : commandLine.split(" ", -1)) {
            words.add(word.endsWith(".txt") ? directory.resolve(word).toString() : word);
        }
        words.add("--data-dir=" + directory.resolve("data"));
        out.reset();
        err.reset();
        return LineServerCommand.run(
                out, new PrintStream(err, true, StandardCharsets.UTF_8), words.toArray(String[]::new));
    }

    private void assertAnswers(String answer, String commandLine) {
        assertEquals(0, run(commandLine), () -> commandLine + ": " + text(err));
        assertEquals(answer, text(out), commandLine);
        assertEquals("", text(err), commandLine);
    }

    private void assertFails(String message, String commandLine) {
        assertEquals(1, run(commandLine), () -> commandLine + ": " + text(out));
        assertEquals("", text(out), commandLine);
        assertEquals("line-server: " + message + "\n", text(err), commandLine);
    }

    private static String noDataset(String name) {
        return "there is no dataset " + name + " in the data directory data; see line-server datasets, name another"
                + " store with --data-dir or --aerospike, or ingest a file";
    }

    private void succeed(String commandLine) {
        assertEquals(0, run(commandLine), () -> commandLine + ": " + text(err));
    }

    private String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8).replace(directory + "/", "");
    }

    /** Returns the numbers and states of the versions. */
    private String versions() {
        succeed("versions default --json");
        StringBuilder versions = new StringBuilder();
        for (Object version : new JsonObject(text(out)).getJsonArray("versions")) {
            JsonObject members = (JsonObject) version;
            versions.append(members.getLong("version"))
                    .append(' ')
                    .append(members.getString("state"))
                    .append(' ');
        }
        return versions.toString().strip();
    }

    @Test
    void severalFilesAreOneText() throws Exception {
        Files.writeString(directory.resolve("open.txt"), "no newline");
        succeed("ingest open.txt a.txt b.txt");
        assertEquals("1 current", versions());
        assertEquals(
                "[{\"name\":\"open.txt\",\"firstLine\":1},{\"name\":\"a.txt\",\"firstLine\":2},"
                        + "{\"name\":\"b.txt\",\"firstLine\":5}]",
                new JsonObject(text(out))
                        .getJsonArray("versions")
                        .getJsonObject(0)
                        .getJsonArray("files")
                        .encode());
        succeed("verify open.txt a.txt b.txt");
        assertTrue(text(out).startsWith("dataset default version 1 equals 3 files: "), text(out));
        assertEquals(1, run("verify a.txt open.txt b.txt"));
        succeed("plan open.txt a.txt b.txt");
        succeed("get 1 2");
        assertEquals(
                "no newline\n" + Files.readAllLines(directory.resolve("a.txt")).getFirst() + "\n", text(out));
        succeed("ingest open.txt a.txt b.txt --if-changed");
        assertEquals("1 current", versions());
    }

    @Test
    void versionsAreListedWithTheirStates() {
        succeed("ingest a.txt");
        succeed("ingest b.txt");
        succeed("ingest c.txt --hold");
        succeed("versions default");
        List<String> lines = text(out).lines().toList();
        assertEquals(4, lines.size());
        String digest = "[0-9a-f]{32}";
        String time = "\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z";
        assertTrue(
                lines.getFirst().matches("VERSION  STATE    LINES  SIZE  DIGEST {28}CREATED {14,25}SOURCE"),
                lines.getFirst());
        assertTrue(
                lines.get(1).matches("      1  kept         3  14 B  " + digest + "  " + time + " +a.txt"),
                lines.get(1));
        assertTrue(lines.get(2).startsWith("      2  current      4  19 B  "), lines.get(2));
        assertTrue(lines.getLast().startsWith("      3  held         3  14 B  "), lines.getLast());
        succeed("versions default --json");
        JsonObject second = new JsonObject(text(out)).getJsonArray("versions").getJsonObject(1);
        succeed("datasets --json");
        JsonObject current = new JsonObject(text(out)).getJsonArray("datasets").getJsonObject(0);
        assertEquals(current.put("state", "current"), second);
        assertFails(noDataset("other"), "versions other");
    }

    @Test
    void theLastVersionsAreKept() {
        succeed("ingest a.txt --keep 3");
        succeed("ingest b.txt --keep=3");
        succeed("ingest c.txt --keep 3");
        assertEquals("1 kept 2 kept 3 current", versions());
        succeed("ingest a.txt");
        assertEquals("3 kept 4 current", versions(), "the default of the embedded store");
        System.setProperty("line-server.keep-versions", "1");
        try {
            succeed("ingest b.txt");
        } finally {
            System.clearProperty("line-server.keep-versions");
        }
        assertEquals("5 current", versions());
    }

    @Test
    void anyVersionIsReadAndVerifiedByItsNumber() {
        succeed("ingest a.txt");
        succeed("ingest b.txt");
        succeed("ingest c.txt --hold");
        assertAnswers("TWO\n", "get 2");
        assertAnswers("two\n", "get 2 --version 1");
        assertAnswers("TWO\n", "get 2 --version 3");
        assertAnswers("dataset default version 1 equals a.txt: 3 lines, byte for byte\n", "verify a.txt --version 1");
        assertAnswers("dataset default version 3 equals c.txt: 3 lines, byte for byte\n", "verify c.txt --version 3");
        assertEquals(1, run("verify a.txt --version 2"));
        assertTrue(text(out).contains("version 2 differs from a.txt: line 2 differs"), text(out));
        assertFails("dataset default has no version 7; see line-server versions default", "get 2 --version 7");
        assertFails("line 4 is beyond the end: 3 lines", "get 4 --version 1");
    }

    @Test
    void verifyNumbersLinesAsGetDoes() {
        succeed("ingest a.txt --copy");
        System.setProperty("line-server.first-line-number", "0");
        try {
            assertEquals(1, run("verify b.txt"));
            assertTrue(text(out).contains("line 1 differs"), text(out));
            assertAnswers("two\n", "get 1");
        } finally {
            System.clearProperty("line-server.first-line-number");
        }
    }

    @Test
    void aRollbackMakesAKeptVersionCurrent() {
        succeed("ingest a.txt");
        succeed("ingest b.txt");
        assertAnswers("dataset default version 1 is current: 3 lines, 14 B\n", "rollback default");
        assertEquals("1 current 2 kept", versions());
        assertAnswers("two\n", "get 2");
        assertAnswers("dataset default version 2 is current: 4 lines, 19 B\n", "rollback default");
        succeed("rollback default --version 1");
        assertAnswers("dataset default version 1 is current already: 3 lines, 14 B\n", "rollback default --to 1");
        succeed("rollback default --to 2 --json");
        JsonObject answer = new JsonObject(text(out));
        assertEquals(2, answer.getLong("version"));
        assertEquals(1, answer.getLong("previous"));
        assertEquals("current", answer.getString("state"));
        assertEquals("1 kept 2 current", versions());
        assertFails("dataset default has no version 9; see line-server versions default", "rollback default --to 9");
        succeed("drop default --version 1");
        assertFails(
                "dataset default has no kept version that was current before version 2; see line-server versions"
                        + " default, and keep more with ingest --keep",
                "rollback default");
        assertFails(noDataset("other"), "rollback other");
    }

    @Test
    void aHeldVersionIsPublishedOnRequest() {
        succeed("ingest a.txt --hold");
        assertTrue(
                text(out)
                        .matches("dataset default version 1: 3 lines, 14 B, stored in .*, held and verified;"
                                + " publish it with: line-server publish default --version 1\n"),
                text(out));
        assertFails("no version of dataset default is published; see line-server versions default", "get 1");
        assertEquals(0, run("datasets"));
        assertEquals("", text(out));
        assertTrue(text(err).startsWith("line-server: no version of dataset default is published"), text(err));
        assertFails(
                "version 1 of dataset default was never published; publish it with line-server publish default --version 1",
                "rollback default --to 1");
        assertAnswers("dataset default version 1 is current: 3 lines, 14 B\n", "publish default --version 1");
        assertAnswers("dataset default version 1 is current already: 3 lines, 14 B\n", "publish default --version 1");
        succeed("ingest b.txt --hold --json");
        JsonObject held = new JsonObject(text(out));
        assertTrue(held.getBoolean("held"));
        assertTrue(held.getBoolean("verified"));
        assertEquals("1 current 2 held", versions());
        succeed("publish default --version 2 --keep 2 --json");
        assertEquals(1, new JsonObject(text(out)).getLong("previous"));
        assertEquals("1 kept 2 current", versions());
        assertFails(
                "version 1 of dataset default was published before; make it current with line-server rollback default"
                        + " --to 1",
                "publish default --version 1");
        succeed("ingest c.txt --hold");
        succeed("publish default --version 3 --keep 1");
        assertEquals("3 current", versions());
    }

    @Test
    void aSourceThatCanBeReadOnlyOnceIsHeldWithoutVerification() throws Exception {
        InputStream before = System.in;
        System.setIn(Files.newInputStream(directory.resolve("a.txt")));
        try {
            succeed("ingest - --hold");
        } finally {
            System.in.close();
            System.setIn(before);
        }
        assertTrue(
                text(out)
                        .contains(
                                ", held, and not verified because the source cannot be read again; publish it with: "),
                text(out));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --expect-lines 3           | --expect-lines: b.txt has 4 lines, not 3; nothing was published
            --max-change 33            | --max-change: b.txt has 4 lines, and version 1 has 3: a change of more than 33 %; nothing was published
            --max-change 33 --hold     | --max-change: b.txt has 4 lines, and version 1 has 3: a change of more than 33 %; nothing was published
            """)
    void aFailedCheckPublishesNothing(String options, String message) {
        succeed("ingest a.txt");
        assertFails(message, "ingest b.txt " + options);
        assertEquals("1 current", versions());
    }

    @Test
    void checksThatPassPublish() {
        succeed("ingest a.txt --expect-lines 3 --max-change 0 --json");
        String digest = new JsonObject(text(out)).getString("digest");
        succeed("ingest a.txt --if-changed --expect-digest " + digest);
        succeed("ingest c.txt --max-change 0 --expect-lines 3");
        assertEquals("1 kept 2 current", versions());
        assertEquals(1, run("ingest b.txt --expect-digest " + digest));
        assertTrue(text(err).startsWith("line-server: --expect-digest: b.txt has the digest "), text(err));
        assertEquals("1 kept 2 current", versions());
    }

    @Test
    void oneVersionIsDroppedUnlessItIsCurrent() {
        succeed("ingest a.txt");
        succeed("ingest b.txt");
        assertEquals(1, run("drop default --version 2"));
        assertTrue(text(err).contains("version 2 of dataset default is current"), text(err));
        assertFails("dataset default has no version 9; see line-server versions default", "drop default --version 9");
        assertFails(noDataset("other"), "drop other --version 1");
        assertAnswers("dropped dataset default version 1\n", "drop default --version 1");
        assertEquals("2 current", versions());
        assertAnswers("dropped dataset default\n", "drop default");
        for (String missing : List.of("versions default", "drop default", "get 1", "publish default --version 1")) {
            assertFails(noDataset("default"), missing);
        }
    }

    @Test
    void differencesArePrintedAsRangesOfLineNumbers() {
        succeed("ingest a.txt --keep 9");
        succeed("ingest b.txt --keep 9");
        succeed("ingest c.txt --keep 9");
        succeed("ingest a.txt --keep 9");
        assertAnswers("versions 1 and 4 of dataset default are equal, byte for byte\n", "diff default 1 4");
        assertEquals(1, run("diff default 1 2"));
        assertEquals(
                "line 2\nline 4\n2 lines differ between versions 1 and 2 of dataset default, in 2 ranges\n", text(out));
        assertEquals("", text(err));
        assertEquals(1, run("diff default 2 1 --first 1 --first-line-number 0"));
        assertEquals("""
                line 1
                and 1 more range; print it with --first
                2 lines differ between versions 2 and 1 of dataset default, in 2 ranges
                """, text(out));
        assertEquals(1, run("diff default 1 3"));
        assertEquals("line 2\n1 line differs between versions 1 and 3 of dataset default, in 1 range\n", text(out));
        assertEquals(1, run("diff default 1 3 --json"));
        assertEquals(
                JsonObject.of(
                        "dataset",
                        "default",
                        "versions",
                        JsonArray.of(1, 3),
                        "equal",
                        false,
                        "ranges",
                        JsonArray.of(JsonObject.of("first", 2, "last", 2)),
                        "rangeCount",
                        1,
                        "lineCount",
                        1),
                new JsonObject(text(out)));
        succeed("diff default 1 4 --json");
        assertTrue(new JsonObject(text(out)).getBoolean("equal"));
        assertFails("dataset default has no version 9; see line-server versions default", "diff default 1 9");
    }

    @Test
    void versionsThatDifferOnlyInTheLastNewlineAreNotEqual() throws Exception {
        succeed("ingest a.txt");
        Files.writeString(directory.resolve("d.txt"), "one\ntwo\nthree");
        succeed("ingest d.txt");
        assertEquals(1, run("diff default 1 2"));
        assertEquals("versions 1 and 2 of dataset default differ only in the newline after the last line\n", text(out));
    }

    @Test
    void leftoversAreFoundAndReclaimed() throws Exception {
        assertAnswers("nothing to reclaim\n", "reclaim");
        succeed("ingest a.txt");
        Path left = Files.createDirectory(directory.resolve("data/default/v7"));
        Files.write(left.resolve("lines"), new byte[5_000]);
        assertEquals(0, run("reclaim --dry-run"));
        assertTrue(text(out).matches("found .*default/v7: 4\\.9 KiB, .*\n"), text(out));
        assertTrue(Files.exists(left));
        succeed("reclaim --dry-run --json");
        JsonObject found = new JsonObject(text(out));
        assertTrue(found.getBoolean("dryRun"));
        assertEquals(5_000, found.getJsonArray("leftovers").getJsonObject(0).getLong("size"));
        assertEquals(0, run("reclaim"));
        assertTrue(text(out).matches("reclaimed .*default/v7: 4\\.9 KiB, .*\n"), text(out));
        assertFalse(Files.exists(left));
        assertAnswers("nothing to reclaim\n", "reclaim");
        assertEquals("1 current", versions());
    }

    @Test
    void aVersionThatCannotBeDescribedIsListedAndFailsTheCommand() throws Exception {
        succeed("ingest a.txt");
        succeed("ingest b.txt");
        Files.writeString(directory.resolve("data/default/v1/manifest"), "damaged");
        assertEquals(1, run("versions default"));
        assertEquals(2, text(out).lines().count(), text(out));
        assertEquals(1, text(err).lines().count(), text(err));
        assertEquals(1, run("versions default --json"));
        JsonObject first = new JsonObject(text(out)).getJsonArray("versions").getJsonObject(0);
        assertEquals(1, first.getLong("version"));
        assertEquals("kept", first.getString("state"));
        assertTrue(first.getString("failure").contains("default"), first.encode());
        assertEquals(0, run("get 1"));
        assertEquals(1, run("get 1 --version 1"));
    }

    @Test
    void aDatasetWhoseCurrentVersionCannotBeDescribedLeavesTheOthersListed() throws Exception {
        succeed("ingest a.txt --dataset a");
        succeed("ingest b.txt --dataset b");
        Files.writeString(directory.resolve("data/a/v1/manifest"), "damaged");
        assertEquals(1, run("datasets"));
        assertEquals(2, text(out).lines().count(), text(out));
        assertTrue(text(out).lines().toList().getLast().startsWith("b "), text(out));
        assertEquals(1, text(err).lines().count(), text(err));
    }

    @Test
    void aPlanCountsACopy() {
        succeed("plan a.txt --json");
        JsonObject inPlace = new JsonObject(text(out));
        succeed("plan a.txt --copy --keep 1 --json");
        assertFalse(inPlace.equals(new JsonObject(text(out))), text(out));
        assertTrue(inPlace.getJsonArray("warnings").isEmpty());
    }
}
