package dev.lineserver.program;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Ends the process of an ingest of several files by signals at random moments, resumes it, and compares every byte. Prints
 * its seed; the system property {@code resume.seed} repeats a run, and {@code resume.kills} sets the number of processes for
 * each store.
 */
@EnabledOnOs(OS.LINUX)
@Execution(ExecutionMode.CONCURRENT)
final class ResumeIT {
    private static final long SEED = Long.getLong("resume.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("resume.kills", 25);
    private static final int LINES = 60_000;
    private static final List<String> SIGNALS = List.of("KILL", "KILL", "KILL", "TERM", "INT");

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);

    /** The text of the files of which the next ingest consists. */
    private byte[] text = {};

    private static byte[] text(Random random) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int i = 0; i < LINES; i++) {
            int length = random.nextInt(2_000) == 0 ? random.nextInt(300_000) : random.nextInt(60);
            text.writeBytes((i + " " + "x".repeat(length) + "\n").getBytes(StandardCharsets.US_ASCII));
        }
        return text.toByteArray();
    }

    @Test
    void anIngestIntoTheEmbeddedStoreSurvivesSignals() throws Exception {
        killAndResume(List.of("--copy", "--data-dir", directory.resolve("data").toString()));
    }

    @Test
    void anIngestIntoAerospikeSurvivesSignals() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            // Slow enough that progress is recorded before most kills, however fast the machine is.
            List<String> resumed = killAndResume(List.of("--aerospike", node.address()), "--rate=" + LINES / 3);
            assertTrue(!resumed.isEmpty(), "no ingest was resumed: seed " + SEED);
        }
    }

    /** One of two parts, or both, are ended by signals at random moments, and run again. */
    @Test
    void partsOfAnIngestSurviveSignals() throws Exception {
        System.err.println("[resume] seed " + SEED);
        Path file = directory.resolve("text");
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            List<String> options = List.of("--aerospike", node.address());
            for (int round = 0; round < KILLS / 12; round++) {
                text = text(random);
                Files.write(file, text);
                Process[] parts = {part(1, node, file), part(2, node, file)};
                for (int kills = 0; kills < 3; kills++) {
                    boolean _ = parts[0].waitFor(random.nextInt(200, 2_000), TimeUnit.MILLISECONDS);
                    for (int i = 0; i < 2; i++) {
                        if (random.nextInt(3) > 0 && parts[i].isAlive()) {
                            signal(parts[i]);
                            parts[i] = part(i + 1, node, file);
                        }
                    }
                }
                for (int i = 0; i < 2; i++) {
                    assertTrue(parts[i].waitFor(1, TimeUnit.MINUTES), "seed " + SEED);
                    String messages = Files.readString(Program.err(partLog(i + 1)));
                    assertEquals(0, parts[i].exitValue(), messages + "seed " + SEED);
                }
                assertStored(options);
                String builds = new String(run(options, "builds").out(), StandardCharsets.UTF_8);
                assertEquals("no build is in progress, and none can be resumed\n", builds);
            }
        }
    }

    private Path partLog(int number) {
        return directory.resolve("part" + number);
    }

    private Process part(int number, FakeAerospikeNode node, Path file) throws IOException {
        return Program.start(
                partLog(number),
                "ingest",
                file.toString(),
                "--aerospike",
                node.address(),
                "--part",
                number + "/2",
                "--resume");
    }

    private void signal(Process process) throws Exception {
        String signal = SIGNALS.get(random.nextInt(SIGNALS.size()));
        new ProcessBuilder("kill", "-" + signal, process.pid() + "").start().waitFor();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    }

    /** Returns what the ingests that resumed another one have printed. */
    private List<String> killAndResume(List<String> options, String... more) throws Exception {
        System.err.println("[resume] seed " + SEED);
        List<String> files = write();
        List<String> resumed = new ArrayList<>();
        long start = System.nanoTime();
        run(options, ingest(files, more));
        long duration = System.nanoTime() - start;
        for (int i = 0; i < KILLS; i++) {
            String[] again =
                    Stream.concat(Stream.of("--resume"), Stream.of(more)).toArray(String[]::new);
            Process ingest = Program.start(log(), arguments(options, ingest(files, again)));
            if (ingest.waitFor((long) (duration * random.nextDouble(0.2, 1.1)), TimeUnit.NANOSECONDS)) {
                assertEquals(0, ingest.exitValue(), this::messages);
                assertEquals(
                        messages().contains("continuing after"),
                        Files.readString(Program.out(log())).contains(", resumed after "),
                        this::messages);
                assertStored(options);
                files = write();
            } else {
                signal(ingest);
            }
            if (messages().contains("continuing after")) {
                resumed.add(messages());
            }
        }
        run(options, ingest(files, "--resume"));
        assertStored(options);
        return resumed;
    }

    /** Writes another text to one to three files, which need not end with a line. Returns their names. */
    private List<String> write() throws IOException {
        byte[] bytes = text(random);
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        List<String> names = new ArrayList<>();
        int parts = 1 + random.nextInt(3);
        for (int part = 0, from = 0; part < parts; part++) {
            int to = part == parts - 1 ? bytes.length : from + random.nextInt(bytes.length - from);
            names.add(Files.write(directory.resolve("text" + part), Arrays.copyOfRange(bytes, from, to))
                    .toString());
            joined.write(bytes, from, to - from);
            if (to > from && to < bytes.length && bytes[to - 1] != '\n') {
                joined.write('\n');
            }
            from = to;
        }
        text = joined.toByteArray();
        return names;
    }

    private static String[] ingest(List<String> files, String... options) {
        List<String> arguments = new ArrayList<>(List.of("ingest"));
        arguments.addAll(files);
        arguments.addAll(List.of(options));
        return arguments.toArray(String[]::new);
    }

    private Path log() {
        return directory.resolve("log");
    }

    private String messages() {
        try {
            return Files.readString(Program.err(log())) + "seed " + SEED;
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void assertStored(List<String> options) throws Exception {
        assertArrayEquals(text, run(options, "get", "1-").out(), "seed " + SEED);
    }

    private Program.Result run(List<String> options, String... arguments) throws Exception {
        Program.Result result = Program.run(log(), arguments(options, arguments));
        assertEquals(0, result.exitCode(), result.err() + "seed " + SEED);
        return result;
    }

    private static String[] arguments(List<String> options, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        boolean read = arguments[0].equals("get");
        options.stream().filter(option -> !(read && option.equals("--copy"))).forEach(all::add);
        return all.toArray(String[]::new);
    }
}
