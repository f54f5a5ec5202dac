package dev.lineserver.store.aerospike;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;

import com.aerospike.client.ResultCode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.IngestOptions;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.PublicationChecks;
import dev.lineserver.line.Limits;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.aerospike.registry.LineSet;
import dev.lineserver.store.aerospike.registry.Registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Tests ingests while a node has faults of all kinds at random moments. An ingest that fails leaves the version before
 * current, and is resumed; the version that is published in the end has every byte, and no record more. The seed of a
 * failure is the argument of the test. The system property {@code faults.seed} sets the first seed, and
 * {@code faults.seeds} their number.
 */
class MixedFaultsTest extends FakeNodeTest {
    private static final int[] REFUSALS = {
        ResultCode.DEVICE_OVERLOAD,
        ResultCode.TIMEOUT,
        ResultCode.KEY_BUSY,
        ResultCode.PARTITION_UNAVAILABLE,
        ResultCode.BATCH_QUEUES_FULL,
        ResultCode.FAIL_FORBIDDEN
    };

    /** The ingests after so many have no faults. */
    private static final int FAULTY_INGESTS = 3;

    private static final int LINES_BETWEEN_FAULTS = 100;

    @TempDir
    Path directory;

    private Random random = new Random();
    private byte[] contentBefore = {};
    private AerospikeStore observer;

    @BeforeEach
    void observe() throws StoreException {
        observer = connect(settings().grace(Duration.ZERO));
    }

    static LongStream seeds() {
        long first = Long.getLong("faults.seed", 1);
        return LongStream.range(first, first + Integer.getInteger("faults.seeds", 4));
    }

    /** Lines of 0 to 40 bytes, and a few that need several records. */
    private byte[] content() {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int lines = 20 + random.nextInt(400);
        for (int i = 0; i < lines; i++) {
            int length = random.nextInt(80) == 0 ? Limits.WHOLE_LINE_BYTES + random.nextInt(9) : random.nextInt(40);
            content.writeBytes((i + "x".repeat(length) + "\n").getBytes(StandardCharsets.US_ASCII));
        }
        return content.toByteArray();
    }

    private AerospikeStore connect() throws StoreException {
        return connect(settings()
                .recordsPerBatch(1 + random.nextInt(20))
                .writes(Duration.ofMillis(200), Duration.ofMillis(800))
                .lease(Duration.ofSeconds(2))
                .grace(Duration.ZERO));
    }

    private Ingest.Outcome ingest(AerospikeStore store, Path file) throws Exception {
        return new Ingest(store, Progress.SILENT)
                .store(
                        List.of(file.toString()),
                        new IngestOptions(
                                NAME,
                                false,
                                true,
                                0,
                                false,
                                linesPerRecord(),
                                false,
                                null,
                                PublicationChecks.NONE,
                                IngestOptions.Unfinished.RESUME));
    }

    /** Called before each write of a line. */
    private void injectFaults() {
        if (random.nextInt(LINES_BETWEEN_FAULTS) > 0) {
            return;
        }
        int count = 1 + random.nextInt(30);
        switch (random.nextInt(10)) {
            case 0, 1 -> node.faults.refuseLines(count, REFUSALS[random.nextInt(REFUSALS.length)]);
            case 2 -> node.faults.dropConnections(1, WireMessage::isBatch);
            case 3 -> node.faults.withholdAnswers(1, WireMessage::isBatch);
            case 4 -> node.faults.loseCommands(1, WireMessage::isBatch);
            case 5 -> node.faults.swallowLines(count);
            case 6 -> cutConnections();
            case 7 -> node.records.removeSome(setOfTheBuild(), count);
            case 8 -> {
                if (random.nextInt(3) == 0) {
                    loseTheLease();
                }
            }
            default -> {
                if (random.nextInt(3) == 0) {
                    node.faults.refuseLines(1, ResultCode.SERVER_MEM_ERROR);
                } else {
                    node.faults.dropConnections(1, message -> !message.isBatch() && message.isWrite());
                }
            }
        }
    }

    private void cutConnections() {
        try {
            node.cutConnections();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Registry registry() {
        try {
            return observer.registry.read();
        } catch (StoreException e) {
            throw new IllegalStateException(e);
        }
    }

    private String setOfTheBuild() {
        return registry().sets().values().stream()
                .filter(set -> set.state() == LineSet.SetState.BUILDING)
                .max(Comparator.comparingLong(LineSet::build))
                .orElseThrow()
                .name();
    }

    /** Another process finds it expired, and takes it away. */
    private void loseTheLease() {
        try {
            observer.registry.update(
                    "taking a lease away", current -> current.leases().remove(NAME.value()));
        } catch (StoreException e) {
            // Another fault prevents it.
        }
    }

    private void assertCurrent(Manifest before) throws Exception {
        assertEquals(before, observer.current(NAME).orElseThrow());
        try (Snapshot snapshot = observer.open(before)) {
            ContractCommit.assertHoldsAll(snapshot, contentBefore);
        }
    }

    private void assertPublished(byte[] content) throws Exception {
        Manifest manifest = observer.current(NAME).orElseThrow();
        assertEquals(Samples.linesOf(content).size(), manifest.lineCount());
        assertEquals(content.length, manifest.byteCount());
        try (Snapshot snapshot = observer.open(manifest)) {
            ContractCommit.assertHoldsAll(snapshot, content);
        }
        Registry.VersionEntry entry =
                registry().dataset(NAME.value()).find(manifest.version()).orElseThrow();
        assertEquals(entry.records(), node.records.count(entry.set()));
        assertEquals(List.of(), observer.builds());
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void anIngestIsCompleteOrPublishesNothing(long seed) throws Exception {
        random = new Random(seed);
        contentBefore = content();
        Manifest before = put(observer, contentBefore);
        byte[] content = content();
        Path file = Files.write(directory.resolve("text"), content);
        List<String> failures = new ArrayList<>();
        for (int ingests = 0; observer.current(NAME).orElseThrow().equals(before); ingests++) {
            assertTrue(ingests <= FAULTY_INGESTS + 2, () -> "ingests without faults fail: " + failures);
            AerospikeStore store = connect();
            if (ingests < FAULTY_INGESTS) {
                node.faults.beforeLine = this::injectFaults;
            }
            try {
                assertFalse(ingest(store, file).held());
                break;
            } catch (StoreException failed) {
                node.faults.clear();
                failures.add(failed.toString());
                // Unless the failure is that of the publication itself, which then is in doubt.
                if (observer.current(NAME).orElseThrow().equals(before)) {
                    assertCurrent(before);
                }
            }
        }
        node.faults.clear();
        assertPublished(content);
    }
}
