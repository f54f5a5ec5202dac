package dev.lineserver.program;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import dev.lineserver.store.Quantities;
import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Ends the process of an ingest of several files by signals at random moments, resumes it, and compares every byte. A moment is
 * a number of bytes that the store has received, so that it does not depend on the speed of the machine. Prints its seed; the
 * system property {@code resume.seed} repeats a run, and {@code resume.kills} sets the number of processes for each store.
 */
@EnabledOnOs(OS.LINUX)
@Execution(ExecutionMode.CONCURRENT)
final class ResumeIT {
    private static final long SEED = Long.getLong("resume.seed", System.nanoTime());
    private static final int KILLS = Integer.getInteger("resume.kills", 25);
    private static final int LINES = 30_000;
    private static final int LARGE_LINES = 1_200_000;
    private static final int POLL_MILLIS = 5;
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
        Path data = directory.resolve("data");
        killAndResume(List.of("--copy", "--data-dir", data.toString()), () -> bytesBelow(data) * LINES / text.length);
    }

    /** Returns the number of bytes of the files of builds. */
    private static long bytesBelow(Path data) {
        try (Stream<Path> files = Files.walk(data)) {
            return files.filter(file -> file.toString().contains("building-"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | UncheckedIOException _) {
            // There is no such directory, or the program removes one at this moment.
            return 0;
        }
    }

    /** The store keeps an unfinished copy if it has 64 MiB or more. */
    @Test
    void aLargeCopyIsContinuedAfterSignals() throws Exception {
        Path file = directory.resolve("large");
        byte[] line = ("x".repeat(499) + "\n").getBytes(StandardCharsets.US_ASCII);
        try (OutputStream lines = new BufferedOutputStream(Files.newOutputStream(file))) {
            for (int i = 0; i < LARGE_LINES; i++) {
                lines.write(line, 0, i % 490);
                lines.write(line, 490, 10);
            }
        }
        List<String> options =
                List.of("--copy", "--data-dir", directory.resolve("data").toString());
        Path progress = directory.resolve("data/default/building-1/build");
        long stored = 0;
        for (String signal : List.of("KILL", "TERM", "TERM")) {
            // So slow that the copy is not complete after the signals, however fast the machine is.
            Process ingest =
                    Program.start(log(), arguments(options, "ingest", file.toString(), "--resume", "--rate=80MB"));
            while (storedLines(progress) <= stored) {
                assertFalse(ingest.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS), this::messages);
            }
            signal(ingest, signal);
            assertEquals(stored > 0, messages().contains("continuing after"), this::messages);
            assertEquals(!signal.equals("KILL"), messages().contains("; continue with: line-server "), this::messages);
            stored = storedLines(progress);
        }
        Program.Result refused = Program.run(log(), arguments(options, "ingest", file.toString()));
        assertEquals(1, refused.exitCode());
        assertTrue(
                refused.err().contains("Continue it with --resume, or begin again with ingest --restart"),
                refused.err());
        Program.Result resumed = run(options, "ingest", file.toString(), "--resume");
        String report = new String(resumed.out(), StandardCharsets.UTF_8);
        assertTrue(report.contains(", resumed after " + Quantities.grouped(stored) + " of them"), report);
        Program.Result same = Program.runShell(
                log(), "line-server get 1- --data-dir data | cmp - large && line-server builds --data-dir data");
        assertEquals(0, same.exitCode(), same.err());
        assertEquals(
                "no build is in progress, and none can be resumed\n", new String(same.out(), StandardCharsets.UTF_8));
    }

    private static long storedLines(Path progress) throws IOException {
        if (!Files.exists(progress)) {
            return 0;
        }
        Matcher lines = Pattern.compile("\"lines\":(\\d+)").matcher(Files.readString(progress));
        return lines.find() ? Long.parseLong(lines.group(1)) : 0;
    }

    @Test
    void anIngestIntoAerospikeSurvivesSignals() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            // Slow enough that progress is recorded before most kills, however fast the machine is.
            List<String> resumed =
                    killAndResume(List.of("--aerospike", node.address()), node::writeCount, "--rate=" + LINES / 3);
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
        signal(process, SIGNALS.get(random.nextInt(SIGNALS.size())));
    }

    private static void signal(Process process, String signal) throws Exception {
        new ProcessBuilder("kill", "-" + signal, process.pid() + "").start().waitFor();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    }

    /**
     * Returns what the ingests that resumed another one have printed.
     *
     * @param received returns how much the store has received, in lines
     */
    private List<String> killAndResume(List<String> options, LongSupplier received, String... more) throws Exception {
        System.err.println("[resume] seed " + SEED);
        List<String> files = write();
        List<String> resumed = new ArrayList<>();
        run(options, ingest(files, more));
        for (int i = 0; i < KILLS; i++) {
            // Some stop before the first line, and some get all.
            long moment = (long) (LINES * random.nextDouble(-0.1, 1.0));
            String[] again =
                    Stream.concat(Stream.of("--resume"), Stream.of(more)).toArray(String[]::new);
            Process ingest = Program.start(log(), arguments(options, ingest(files, again)));
            // The files of the process before are removed, and do not count.
            long last = received.getAsLong();
            for (long gained = 0; gained < moment && !ingest.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS); ) {
                long now = received.getAsLong();
                gained += Math.max(0, now - last);
                last = now;
            }
            if (!ingest.isAlive()) {
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
