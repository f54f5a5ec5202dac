package dev.lineserver.store.aerospike;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

import com.aerospike.client.Key;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import dev.lineserver.line.Limits;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.line.Newlines;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests that a build continues where an unfinished one ended, and that the version is that of an uninterrupted build. */
class ResumeTest extends FakeNodeTest {
    private static final int RECORDS_PER_BATCH = 7;

    /** Lines of 0 to 40 bytes, and a few that need several records. */
    private static byte[] content(Random random, int lines) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int i = 0; i < lines; i++) {
            int length = random.nextInt(60) == 0 ? Limits.WHOLE_LINE_BYTES + random.nextInt(9) : random.nextInt(40);
            for (int j = 0; j < length; j++) {
                content.write('a' + random.nextInt(26));
            }
            content.write('\n');
        }
        return content.toByteArray();
    }

    private Build resume(AerospikeStore store) throws StoreException {
        return store.begin(new BuildRequest(NAME, "sample", null, false, 0, false, linesPerRecord(), compress(), true));
    }

    /** Adds the lines up to an offset, in blocks of random sizes, and leaves out the rest. */
    private static void addPart(Build build, byte[] content, int end, Random random) throws Exception {
        LineSplitter<StoreException> splitter = new LineSplitter<>(Limits.LONGEST_LINE_BYTES, build::add);
        int[] newlines = new int[content.length];
        for (int from = 0; from < end; ) {
            int length = Math.min(end - from, 1 + random.nextInt(5_000));
            byte[] block = Arrays.copyOfRange(content, from, from + length);
            splitter.add(block, length, newlines, Newlines.find(block, 0, length, newlines));
            from += length;
        }
    }

    /** Returns the offset of the byte after a line. */
    private static int endOf(byte[] content, int lineCount) {
        int end = 0;
        for (int found = 0; found < lineCount; end++) {
            found += content[end] == '\n' ? 1 : 0;
        }
        return end;
    }

    private AerospikeStore connect() throws StoreException {
        return connect(settings().recordsPerBatch(RECORDS_PER_BATCH));
    }

    private void assertPublished(AerospikeStore store, byte[] content) throws Exception {
        try (Snapshot snapshot = store.open(store.current(NAME).orElseThrow())) {
            ContractCommit.assertHoldsAll(snapshot, content);
        }
    }

    /** Stores some of the first 300 lines, and ends. */
    private Checkpoint storePart(AerospikeStore store, byte[] content) throws Exception {
        try (Build build = resume(store)) {
            addPart(build, content, endOf(content, 300), new Random(2));
            return suspendAfter(100, build);
        }
    }

    /** Suspends a build when more than so many lines are stored: batches whose attempt has not yet begun are given up. */
    private static Checkpoint suspendAfter(long lines, Build build) {
        Awaitility.await().until(() -> build.checkpoint().lineIndex() > lines);
        Checkpoint stored = build.suspend().orElseThrow();
        assertTrue(stored.lineIndex() > lines, stored.toString());
        return stored;
    }

    /** Resumes the build with all lines, and publishes its version. */
    private void complete(AerospikeStore store, byte[] content) throws Exception {
        try (Build build = resume(store)) {
            add(build, content);
            commit(build, content);
        }
        assertPublished(store, content);
    }

    @Test
    void aBuildStoppedAtAnyPointIsContinued() throws Exception {
        for (long seed = 1; seed <= 12; seed++) {
            Random random = new Random(seed);
            byte[] content = content(random, 1 + random.nextInt(300));
            AerospikeStore store = connect();
            Checkpoint stored = Checkpoint.START;
            for (int stop = 0; stop < 3; stop++) {
                try (Build build = resume(store)) {
                    assertEquals(stored, build.resumedFrom(), "seed " + seed);
                    addPart(build, content, random.nextInt(content.length + 1), random);
                    Checkpoint before = build.checkpoint();
                    stored = build.suspend().orElse(Checkpoint.START);
                    assertTrue(stored.lineIndex() >= before.lineIndex(), "seed " + seed);
                }
            }
            Manifest manifest;
            try (Build build = resume(store)) {
                add(build, content);
                manifest = commit(build, content);
            }
            assertEquals(seed, manifest.version(), "an unfinished build keeps its number");
            assertPublished(store, content);
        }
    }

    @Test
    void storedLinesAreNotWrittenAgain() throws Exception {
        byte[] content = content(new Random(1), 400);
        AerospikeStore store = connect();
        storePart(store, content);
        LineRecords records = firstSet(store);
        // A record that is written again would come back.
        node.records.remove(records.line(0).digest);
        try (Build build = resume(store)) {
            add(build, content);
            StoreUnavailableException lost =
                    assertThrows(StoreUnavailableException.class, () -> commit(build, content));
            assertTrue(lost.getMessage().contains("line index 0 "), lost.getMessage());
            assertTrue(lost.getMessage().contains("--resume"), lost.getMessage());
            build.suspend();
        }
        // What was lost is written again by the next one.
        complete(store, content);
    }

    /** As a process does that discards a build of a full cluster, and is killed before it can write the registry. */
    @Test
    void aBuildWhoseSetWasTruncatedIsWrittenAgainAtOnce() throws Exception {
        byte[] content = content(new Random(7), 600);
        AerospikeStore store = connect();
        Checkpoint lost = storePart(store, content);
        store.registry.truncate("_a");
        Checkpoint again;
        try (Build build = resume(store)) {
            assertEquals(Checkpoint.START, build.resumedFrom());
            addPart(build, content, endOf(content, 500), new Random(3));
            again = suspendAfter(lost.lineIndex(), build);
        }
        try (Build build = resume(store)) {
            assertEquals(again, build.resumedFrom());
        }
        complete(store, content);
    }

    /** Lines are written in place of lost ones before the digest that tells another source can be compared. */
    @Test
    void linesOfAnotherSourceThatReplaceLostOnesDoNotCountAsStored() throws Exception {
        byte[] content = content(new Random(8), 600);
        byte[] other = content.clone();
        for (int i = 0; i < other.length; i++) {
            other[i] ^= (byte) (other[i] == '\n' ? 0 : 1);
        }
        AerospikeStore store = connect();
        try (Build build = resume(store)) {
            addPart(build, content, endOf(content, 500), new Random(2));
            Checkpoint _ = suspendAfter(200, build);
        }
        store.registry.truncate("_a");
        try (Build build = resume(store)) {
            // The process may be killed before it renews its lease.
            assertEquals(Checkpoint.START, store.builds().getFirst().stored());
            assertThrows(StoreFailedException.class, () -> add(build, other));
            Awaitility.await().until(() -> build.checkpoint().lineIndex() > 0);
            assertEquals(Optional.of(Checkpoint.START), build.suspend());
        }
        complete(store, content);
    }

    @Test
    void theFirstLostRecordAndAllAfterItAreWrittenAgain() throws Exception {
        byte[] content = "a short line\n".repeat(400).getBytes(StandardCharsets.US_ASCII);
        AerospikeStore store = connect();
        storePart(store, content);
        LineRecords records = firstSet(store);
        node.records.remove(records.line(51).digest);
        node.records.remove(records.line(90).digest);
        try (Build build = resume(store)) {
            assertEquals(
                    51L / records.linesPerRecord * records.linesPerRecord,
                    build.resumedFrom().lineIndex());
            add(build, content);
            commit(build, content);
        }
        assertPublished(store, content);
    }

    /** All lines are written, and the version is not published. Then the source has more lines, as that of a pipe may have. */
    @Test
    void theLastRecordOfASourceThatHasGrownIsWrittenAgain() throws Exception {
        byte[] content = "a short line\n".repeat(401).getBytes(StandardCharsets.US_ASCII);
        AerospikeStore store = connect();
        byte[] cut = Arrays.copyOf(content, endOf(content, 397));
        try (Build build = resume(store)) {
            add(build, cut);
            node.faults.registryRefused = true;
            assertThrows(StoreFailedException.class, () -> commit(build, cut));
            node.faults.registryRefused = false;
            assertEquals(397, build.suspend().orElseThrow().lineIndex());
        }
        complete(store, content);
    }

    /** All lines are stored, so the build that finds the second loss has stored none beyond those that it resumed. */
    @Test
    void recordsLostOneAfterTheOtherAreWrittenAgain() throws Exception {
        byte[] content = content(new Random(6), 400);
        AerospikeStore store = connect();
        LineRecords records = null;
        for (int lost : new int[] {320, 0}) {
            try (Build build = resume(store)) {
                add(build, content);
                records = records == null ? firstSet(store) : records;
                Key key = records.line(lost);
                Awaitility.await().until(() -> node.records.contains(key.digest));
                node.records.remove(key.digest);
                assertThrows(StoreUnavailableException.class, () -> commit(build, content));
                build.suspend();
            }
        }
        complete(store, content);
    }

    @Test
    void theFormOfTheRecordsIsThatOfTheFirstBuildWhateverTheOptions() throws Exception {
        byte[] content = content(new Random(6), 400);
        AerospikeStore store = connect();
        storePart(store, content);
        BuildRequest other =
                new BuildRequest(NAME, "sample", null, false, 0, false, new LinesPerRecord(5), !compress(), true);
        try (Build build = store.begin(other)) {
            add(build, content);
            LineLayout layout = LineLayout.of(commit(build, content));
            assertEquals(new LineLayout(linesPerRecord().count(), compress()), layout);
        }
        assertPublished(store, content);
    }

    @Test
    void anotherSourceIsRefusedAndLeavesTheBuild() throws Exception {
        byte[] content = content(new Random(1), 400);
        AerospikeStore store = connect();
        Checkpoint stored = storePart(store, content);
        int end = Math.toIntExact(stored.byteOffset());
        byte[] changed = content.clone();
        changed[end - 2] ^= 1;
        byte[] shorter = Arrays.copyOf(content, end - 1);
        byte[] merged = content.clone();
        merged[end - 1] = ' ';
        for (byte[] other : new byte[][] {changed, shorter, merged}) {
            try (Build build = resume(store)) {
                StoreFailedException refused = assertThrows(StoreFailedException.class, () -> {
                    add(build, other);
                    commit(build, other);
                });
                assertTrue(refused.getMessage().contains("--restart"), refused.getMessage());
            }
        }
        // The source may have become longer: nothing of its end was stored.
        byte[] longer = Arrays.copyOf(content, content.length + 2);
        longer[content.length] = 'x';
        longer[content.length + 1] = '\n';
        try (Build build = resume(store)) {
            assertEquals(stored, build.resumedFrom());
            add(build, longer);
            commit(build, longer);
        }
        assertPublished(store, longer);
    }

    /** The source ends at the very line up to which lines are stored. */
    @Test
    void aBuildIsContinuedThoughNoLineIsMissing() throws Exception {
        byte[] content = content(new Random(3), 300);
        AerospikeStore store = connect();
        try (Build build = resume(store)) {
            addPart(build, content, content.length, new Random(2));
            Checkpoint _ = suspendAfter(0, build);
        }
        int end = Math.toIntExact(store.builds().getFirst().stored().byteOffset());
        byte[] cut = Arrays.copyOf(content, end);
        complete(store, cut);
    }

    /** The process dies: it neither suspends its build nor closes it. */
    @Test
    void aBuildWhoseProcessDiedIsContinuedAfterItsLease() throws Exception {
        byte[] content = content(new Random(4), 600);
        AerospikeStore dying =
                connect(settings().recordsPerBatch(RECORDS_PER_BATCH).lease(Duration.ofSeconds(5)));
        AerospikeStore store = connect();
        Build abandoned = begin(dying);
        addPart(abandoned, content, endOf(content, 400), new Random(5));
        Awaitility.await().until(() -> store.builds().getFirst().stored().lineIndex() > 10);
        dying.close();
        // Waits for the lease.
        try (Build build = resume(store)) {
            assertTrue(build.resumedFrom().lineIndex() > 10);
            add(build, content);
            commit(build, content);
        }
        assertPublished(store, content);
    }
}
