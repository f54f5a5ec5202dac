package dev.lineserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import dev.lineserver.http.FuzzedNumbers;
import dev.lineserver.http.access.FuzzedKeys;
import dev.lineserver.http.fastpath.FuzzedHeads;
import dev.lineserver.ingest.FuzzedArchives;
import dev.lineserver.store.aerospike.registry.FuzzedRegistries;
import dev.lineserver.store.embedded.FuzzedManifests;
import dev.lineserver.store.embedded.index.FuzzedIndexes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Runs the targets of {@code src/bench/fuzz.sh} on their corpora and on random changes of these. A failure names the
 * file and the seed; {@code -Dfuzz.seed=N} repeats the run.
 */
final class CorpusTest {
    private static final Path CORPUS = Path.of("src/test/resources/corpus");
    private static final long SEED = Long.getLong("fuzz.seed", new Random().nextLong());
    private static final int ROUNDS = 500;

    private static final Map<String, Target> TARGETS = Map.of(
            "FuzzedArchives", FuzzedArchives::fuzzerTestOneInput,
            "FuzzedHeads", FuzzedHeads::fuzzerTestOneInput,
            "FuzzedIndexes", FuzzedIndexes::fuzzerTestOneInput,
            "FuzzedKeys", FuzzedKeys::fuzzerTestOneInput,
            "FuzzedManifests", FuzzedManifests::fuzzerTestOneInput,
            "FuzzedNumbers", FuzzedNumbers::fuzzerTestOneInput,
            "FuzzedRegistries", FuzzedRegistries::fuzzerTestOneInput);

    private interface Target {
        void run(byte[] input) throws Exception;
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.sorted().toList();
        }
    }

    @Test
    void everyTargetHasACorpusAndEveryCorpusATarget() throws Exception {
        List<String> corpora =
                list(CORPUS).stream().map(path -> path.getFileName().toString()).toList();
        assertEquals(List.copyOf(new TreeSet<>(TARGETS.keySet())), corpora);
    }

    @TestFactory
    Stream<DynamicTest> everyTargetPassesItsCorpusAndChangesOfIt() {
        return TARGETS.entrySet().stream()
                .map(target ->
                        DynamicTest.dynamicTest(target.getKey(), () -> replay(target.getKey(), target.getValue())));
    }

    private static void replay(String name, Target target) throws IOException {
        List<byte[]> inputs = new ArrayList<>();
        for (Path file : list(CORPUS.resolve(name))) {
            byte[] input = Files.readAllBytes(file);
            run(target, input, file.toString());
            inputs.add(input);
        }
        assertTrue(inputs.size() >= 3, name + " has a corpus of " + inputs.size());
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] input = inputs.get(random.nextInt(inputs.size()));
            for (int changes = random.nextInt(4); changes >= 0; changes--) {
                input = changed(input, inputs.get(random.nextInt(inputs.size())), random);
            }
            run(target, input, name + ", seed " + SEED + ", round " + round);
        }
    }

    private static void run(Target target, byte[] input, String what) {
        try {
            target.run(input.clone());
        } catch (Exception | Error e) {
            throw new AssertionError(what, e);
        }
    }

    /** Flips a bit, replaces a byte, or replaces, removes or inserts bytes. */
    private static byte[] changed(byte[] input, byte[] other, Random random) {
        int at = random.nextInt(input.length + 1);
        int to = Math.min(input.length, at + random.nextInt(20));
        int from = random.nextInt(other.length + 1);
        byte[] piece = Arrays.copyOfRange(other, from, Math.min(other.length, from + random.nextInt(40)));
        return switch (random.nextInt(5)) {
            case 0 -> joined(input, at, new byte[0], to);
            case 1 -> joined(input, at, piece, at);
            case 2 -> joined(input, at, piece, Math.min(input.length, at + piece.length));
            case 3 -> joined(input, at, new byte[] {(byte) random.nextInt()}, Math.min(input.length, at + 1));
            default -> {
                byte[] flipped = input.clone();
                if (at < input.length) {
                    flipped[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
                }
                yield flipped;
            }
        };
    }

    /** Returns the input with a piece in place of the bytes between two positions. */
    private static byte[] joined(byte[] input, int end, byte[] piece, int begin) {
        byte[] joined = Arrays.copyOf(input, end + piece.length + input.length - begin);
        System.arraycopy(piece, 0, joined, end, piece.length);
        System.arraycopy(input, begin, joined, end + piece.length, input.length - begin);
        return joined;
    }
}
