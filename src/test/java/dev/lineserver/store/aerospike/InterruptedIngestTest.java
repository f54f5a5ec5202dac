package dev.lineserver.store.aerospike;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import com.aerospike.client.Info;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.IngestOptions;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.PublicationChecks;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IngestRate;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests ingests into real nodes that are killed in the middle, so that they lose what they had acknowledged last. */
final class InterruptedIngestTest {
    private static final int LINES = 200_000;

    @TempDir
    Path directory;

    private int linesPerSecond = 50_000;
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : open.reversed()) {
            closeable.close();
        }
    }

    private AerospikeStore connect(LocalAsdCluster cluster, Duration deadline) throws Exception {
        AerospikeStore store = AerospikeStore.connect(
                TestSettings.of(cluster.hosts())
                        .grace(Duration.ZERO)
                        .recordsPerBatch(500)
                        .writes(Duration.ofSeconds(2), deadline)
                        .settings(),
                TestSettings.LOOPS);
        open.add(store);
        return store;
    }

    private LocalAsdCluster cluster(int nodes) throws Exception {
        LocalAsdCluster cluster = RealAerospike.ownCluster(InterruptedIngestTest.class, nodes);
        open.add(cluster::end);
        return cluster;
    }

    private Path text() throws Exception {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
            text.append("line ").append(i).append(" of the text").append("\n");
        }
        return Files.writeString(directory.resolve("text"), text, StandardCharsets.US_ASCII);
    }

    private Ingest.Outcome ingest(AerospikeStore store, Path text, Progress progress) throws Exception {
        return new Ingest(store, progress)
                .store(
                        List.of(text.toString()),
                        new IngestOptions(
                                DatasetName.DEFAULT,
                                false,
                                true,
                                0,
                                false,
                                LinesPerRecord.ONE,
                                false,
                                new IngestRate(linesPerSecond, false),
                                PublicationChecks.NONE,
                                IngestOptions.Unfinished.RESUME));
    }

    /** Runs an action once, as soon as two thirds of the lines are stored: after some seconds, at this rate. */
    private static Progress afterTwoThirds(Runnable action) {
        boolean[] done = new boolean[1];
        return (_, _, lines) -> {
            if (lines > LINES * 2 / 3 && !done[0]) {
                done[0] = true;
                action.run();
            }
        };
    }

    private static void assertPublished(AerospikeStore store, Path text) throws Exception {
        try (Snapshot snapshot = store.open(store.current(DatasetName.DEFAULT).orElseThrow())) {
            assertEquals(LINES, snapshot.manifest().lineCount());
            ContractCommit.assertHoldsAll(snapshot, Files.readAllBytes(text));
        }
    }

    private static CompletableFuture<Void> restart(LocalAsdCluster cluster, int node) {
        try {
            cluster.kill(node);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return CompletableFuture.runAsync(() -> {
            try {
                cluster.start(node);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The ingest waits for the node. Whether records were lost depends on what the node had written. */
    @Test
    void theOnlyNodeIsKilledAndStartedInTheMiddle() throws Exception {
        LocalAsdCluster cluster = cluster(1);
        AerospikeStore store = connect(cluster, Duration.ofSeconds(60));
        Path text = text();
        List<CompletableFuture<Void>> restarts = new ArrayList<>();
        try {
            Ingest.Outcome first = ingest(store, text, afterTwoThirds(() -> restarts.add(restart(cluster, 0))));
            assertTrue(first.stored());
        } catch (StoreUnavailableException lost) {
            assertTrue(lost.getMessage().contains("--resume"), lost.getMessage());
            assertTrue(ingest(store, text, Progress.SILENT).stored());
        }
        restarts.getFirst().join();
        assertPublished(store, text);
        assertEquals(List.of(), store.builds());
    }

    /** The ingest gives up before the node is back. */
    @Test
    void anIngestThatGaveUpIsResumed() throws Exception {
        LocalAsdCluster cluster = cluster(1);
        AerospikeStore store = connect(cluster, Duration.ofSeconds(2));
        Path text = text();
        assertThrows(
                StoreUnavailableException.class,
                () -> ingest(store, text, afterTwoThirds(() -> {
                    try {
                        cluster.kill(0);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                })));
        cluster.start(0);
        AerospikeStore later = connect(cluster, Duration.ofSeconds(60));
        assertTrue(later.builds().getFirst().stored().lineIndex() > 0, "nothing to resume");
        try {
            assertTrue(ingest(later, text, Progress.SILENT).resumedFrom().lineIndex() > 0);
        } catch (StoreUnavailableException lost) {
            assertTrue(lost.getMessage().contains("--resume"), lost.getMessage());
            assertTrue(ingest(later, text, Progress.SILENT).stored());
        }
        assertPublished(later, text);
    }

    @Test
    void oneOfThreeNodesIsKilledInTheMiddle() throws Exception {
        LocalAsdCluster cluster = cluster(3);
        AerospikeStore store = connect(cluster, Duration.ofSeconds(60));
        Path text = text();
        Ingest.Outcome outcome = ingest(store, text, afterTwoThirds(() -> {
            try {
                cluster.kill(1);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        assertTrue(outcome.stored());
        assertPublished(store, text);
    }

    private static void setStopWrites(LocalAsdCluster cluster, int percent) {
        AerospikeSettings.SeedNode host = cluster.hosts().getFirst();
        String command = "set-config:context=namespace;namespace=lines;stop-writes-used-pct=" + percent;
        assertEquals("ok", Info.request(host.host(), host.port(), command));
    }

    @Test
    void anIngestThatFillsTheDeviceIsResumedWhenThereIsRoom() throws Exception {
        LocalAsdCluster cluster = cluster(1);
        AerospikeStore store = connect(cluster, Duration.ofSeconds(60));
        Path text = fill(cluster, store);
        long stored = store.builds().getFirst().stored().lineIndex();
        setStopWrites(cluster, 70);
        linesPerSecond = 50_000;
        assertEquals(stored, resume(store, text).resumedFrom().lineIndex());
        assertPublished(store, text);
    }

    @Test
    void anIngestThatFillsTheDeviceIsDiscardedAlthoughWritesAreRefused() throws Exception {
        LocalAsdCluster cluster = cluster(1);
        AerospikeStore store = connect(cluster, Duration.ofSeconds(60));
        Path _ = fill(cluster, store);
        // This process lives, so its lease must expire.
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .ignoreExceptionsMatching(e -> String.valueOf(e.getMessage()).contains("is in progress"))
                .until(() -> store.discardBuild(DatasetName.DEFAULT));
        assertEquals(List.of(), store.builds());
        Manifest after =
                ingest(store, directory.resolve("before"), Progress.SILENT).manifest();
        assertEquals(Optional.of(after), store.current(DatasetName.DEFAULT));
    }

    /**
     * Stores a line, and then lines until the device is full. The limit is a hundredth of the device, about 20 MB. The server
     * compares it with the used space every ten seconds.
     */
    private Path fill(LocalAsdCluster cluster, AerospikeStore store) throws Exception {
        byte[] before = "before\n".getBytes(StandardCharsets.US_ASCII);
        Manifest current = ingest(store, Files.write(directory.resolve("before"), before), Progress.SILENT)
                .manifest();
        setStopWrites(cluster, 1);
        linesPerSecond = 10_000;
        Path text = Files.writeString(
                directory.resolve("text"), ("x".repeat(1_000) + "\n").repeat(LINES), StandardCharsets.US_ASCII);
        List<String> notes = new ArrayList<>();
        StoreFailedException full =
                assertThrows(StoreFailedException.class, () -> ingest(store, text, new Notes(notes)));
        assertTrue(full.getMessage().contains("The namespace has stopped taking writes"), full.getMessage());
        assertTrue(notes.getLast().contains("--resume"), notes.toString());
        assertEquals(Optional.of(current), store.current(DatasetName.DEFAULT));
        return text;
    }

    /** The server accepts writes again when it has compared the space with the new limit. */
    private Ingest.Outcome resume(AerospikeStore store, Path text) throws Exception {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> store.registry.namespace().acceptsWrites());
        return ingest(store, text, Progress.SILENT);
    }

    private record Notes(List<String> notes) implements Progress {
        @Override
        public void update(long position, long size, long lines) {}

        @Override
        public void note(String text) {
            notes.add(text);
        }
    }
}
