package dev.lineserver.store.aerospike;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.IngestOptions;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.PublicationChecks;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests that an ingest of several files is resumed in the middle of them, and only with the same files. */
final class JoinedResumeTest extends FakeNodeTest {
    private static final int LINES = 2_000;

    @TempDir
    Path directory;

    private final byte[] first = text(1);
    private final byte[] second = text(2);
    private final byte[] third = text(3);
    private final int firstLines = Samples.linesOf(first).size();
    private final int secondLines = Samples.linesOf(second).size();
    private List<String> files = List.of();
    private AerospikeStore store;

    /** Returns lines of up to 2,000 bytes, the last of them without a terminator. */
    private static byte[] text(int seed) {
        byte[] text = Samples.random(LINES, 2_000, seed);
        text[text.length - 1] = 'x';
        return text;
    }

    @BeforeEach
    void write() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(second);
        }
        files = List.of(file("first", first), file("second.gz", packed.toByteArray()), file("third", third));
        store = connect(settings().recordsPerBatch(20));
    }

    private String file(String name, byte[] bytes) throws Exception {
        return Files.write(directory.resolve(name), bytes).toString();
    }

    private Ingest.Outcome ingest(List<String> sources, Progress progress) throws Exception {
        return new Ingest(store, progress)
                .store(
                        sources,
                        new IngestOptions(
                                NAME,
                                false,
                                true,
                                0,
                                false,
                                LinesPerRecord.ONE,
                                false,
                                null,
                                PublicationChecks.NONE,
                                IngestOptions.Unfinished.RESUME));
    }

    /** Ends an ingest as a signal does, while it stores the second file. */
    private long interruptInTheSecondFile() {
        assertThrows(
                InterruptedException.class,
                () -> ingest(files, (_, _, lines) -> {
                    if (lines > firstLines + secondLines / 5) {
                        Thread.currentThread().interrupt();
                    }
                }));
        boolean _ = Thread.interrupted();
        return storedLines();
    }

    private long storedLines() {
        try {
            return store.builds().getFirst().stored().lineIndex();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void assertRefused(List<String> sources) {
        StoreFailedException refused = assertThrows(StoreFailedException.class, () -> ingest(sources, Progress.SILENT));
        assertTrue(refused.getMessage().contains("--restart"), refused.getMessage());
    }

    @Test
    void anIngestInterruptedInTheSecondFileIsResumedThere() throws Exception {
        long stored = interruptInTheSecondFile();
        assertTrue(stored > firstLines && stored < firstLines + secondLines, stored + " lines are stored");
        Ingest.Outcome outcome = ingest(files, Progress.SILENT);
        assertEquals(stored, outcome.resumedFrom().lineIndex());
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (byte[] text : List.of(first, second, third)) {
            whole.writeBytes(text);
            whole.write('\n');
        }
        try (Snapshot snapshot = store.open(store.current(NAME).orElseThrow())) {
            ContractCommit.assertHoldsAll(snapshot, Arrays.copyOf(whole.toByteArray(), whole.size() - 1));
            assertEquals(
                    List.of(
                            new Manifest.Part(files.getFirst(), 1),
                            new Manifest.Part(files.get(1), firstLines + 1),
                            new Manifest.Part(files.getLast(), firstLines + secondLines + 1)),
                    snapshot.manifest().files());
        }
    }

    @Test
    void otherFilesAreRefusedAndLeaveWhatIsStored() throws Exception {
        long stored = interruptInTheSecondFile();
        assertRefused(List.of(files.get(1), files.getFirst(), files.getLast()));
        assertRefused(List.of(files.getFirst(), files.getLast()));
        assertRefused(List.of(files.getFirst()));
        byte[] changed = first.clone();
        changed[new Random(4).nextInt(changed.length - 1)] ^= 0x40;
        file("first", changed);
        assertRefused(files);
        file("first", first);
        assertEquals(stored, storedLines());
        assertEquals(stored, ingest(files, Progress.SILENT).resumedFrom().lineIndex());
    }
}
