package dev.lineserver.store;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.line.Newlines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests that every store must pass. A subclass supplies the store. */
public abstract class LineStoreContract {
    protected static final DatasetName NAME = new DatasetName("contract");

    /** Returns the value for all builds of these tests. */
    protected LinesPerRecord linesPerRecord() {
        return LinesPerRecord.ONE;
    }

    /** Returns true to compress all builds of these tests. */
    protected boolean compress() {
        return false;
    }

    private BuildRequest request(DatasetName name, int keep, boolean hold) {
        return new BuildRequest(name, "sample", null, false, keep, hold, linesPerRecord(), compress(), false);
    }

    /** Returns the store under test: the same store during one test, empty at its begin. */
    protected abstract LineStore store() throws Exception;

    /** A request for content that does not come from a file. */
    private BuildRequest request() {
        return request(NAME, 0, false);
    }

    /** Stores a content in blocks of 64 KiB. */
    protected Manifest put(LineStore store, byte[] content) throws Exception {
        return put(store, content, 64 << 10);
    }

    protected Manifest put(LineStore store, byte[] content, int blockSize) throws Exception {
        try (Build build = store.begin(request())) {
            addAll(build, content, blockSize);
            return commit(build, content);
        }
    }

    protected static void addAll(Build build, byte[] content, int blockSize) throws Exception {
        LineSplitter<StoreException> splitter = new LineSplitter<>(Limits.LONGEST_LINE_BYTES, build::add);
        for (int at = 0; at < content.length; at += blockSize) {
            byte[] block = Arrays.copyOfRange(content, at, Math.min(content.length, at + blockSize));
            int[] newlines = new int[block.length];
            splitter.add(block, block.length, newlines, Newlines.find(block, 0, block.length, newlines));
        }
        splitter.finish();
    }

    /** Commits a build to which all lines of a content were added. */
    protected static Manifest commit(Build build, byte[] content) throws Exception {
        return build.commit(contentOf(content), blocksOf(content), List.of());
    }

    protected static ContentDigest.Tree blocksOf(byte[] content) {
        ContentDigest.Tree digests = new ContentDigest.Tree();
        for (int at = 0; at < content.length; at += Limits.BLOCK_BYTES) {
            byte[] block = Arrays.copyOfRange(content, at, Math.min(content.length, at + Limits.BLOCK_BYTES));
            digests.add(ContentDigest.ofBlock(block, block.length));
        }
        return digests;
    }

    protected static Content contentOf(byte[] content) {
        List<byte[]> lines = Samples.linesOf(content);
        return new Content(
                lines.size(),
                content.length,
                blocksOf(content).digest(),
                lines.stream().mapToInt(line -> line.length).max().orElse(0),
                content.length == 0 || content[content.length - 1] == '\n');
    }

    protected static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    /** Returns the bytes of a line, which must exist. */
    protected static byte[] line(Snapshot snapshot, long lineIndex) throws Exception {
        return switch (await(snapshot.lookup(lineIndex))) {
            case Lookup.Found(byte[] line) -> line;
            case Lookup.FoundInParts(LineParts parts) -> {
                ByteArrayOutputStream line = new ByteArrayOutputStream();
                for (int i = 0; i < parts.count(); i++) {
                    byte[] part = await(parts.read(i));
                    assertTrue(part.length <= Limits.WHOLE_LINE_BYTES, "a part is too large");
                    line.writeBytes(part);
                }
                assertEquals(parts.length(), line.size());
                yield line.toByteArray();
            }
            case Lookup.PastTheEnd(long lineCount) -> throw new AssertionError(lineIndex + " of " + lineCount);
            case Lookup.Damaged(String detail) -> throw new AssertionError(detail);
        };
    }

    protected static void assertHolds(Snapshot snapshot, byte[] content) throws Exception {
        List<byte[]> expected = Samples.linesOf(content);
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), line(snapshot, i), "line index " + i);
        }
        for (long beyond : new long[] {expected.size(), expected.size() + 1L, 1L << 32, Long.MAX_VALUE}) {
            Lookup.PastTheEnd end =
                    assertInstanceOf(Lookup.PastTheEnd.class, await(snapshot.lookup(beyond)), "index " + beyond);
            assertEquals(expected.size(), end.lineCount());
        }
    }

    /** Returns the current version of each dataset that the store lists. */
    protected static List<Manifest> currentVersions(LineStore store) throws StoreException {
        List<Manifest> current = new ArrayList<>();
        for (DatasetListing listing : store.datasets()) {
            DatasetVersions versions =
                    assertInstanceOf(DatasetListing.Described.class, listing).versions();
            current.add(versions.current().orElseThrow().describe());
        }
        return current;
    }

    /** Reads lines from {@code first} to before {@code end} in blocks of one size, and returns their bytes. */
    protected static byte[] read(Snapshot snapshot, long first, long end, int blockSize) throws Exception {
        LineRange range = snapshot.range(first, end);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer block = ByteBuffer.allocateDirect(blockSize);
        boolean full = true;
        do {
            await(range.fill(block.clear()));
            assertTrue(full || block.position() == 0, "only the last block may have room left");
            full = !block.hasRemaining();
            byte[] read = new byte[block.flip().remaining()];
            block.get(read);
            bytes.writeBytes(read);
        } while (block.limit() > 0);
        range.byteCount().ifPresent(count -> assertEquals(count, bytes.size()));
        return bytes.toByteArray();
    }

    /** Asserts that ranges of lines are the bytes of the content from the first line's first one on. */
    protected static void assertRanges(Snapshot snapshot, byte[] content, Random random) throws Exception {
        long lineCount = snapshot.manifest().lineCount();
        int[] starts = new int[(int) lineCount + 1];
        List<byte[]> lines = Samples.linesOf(content);
        for (int i = 0; i < lineCount; i++) {
            starts[i + 1] = Math.min(content.length, starts[i] + lines.get(i).length + 1);
        }
        for (int blockSize : new int[] {1, 7, 4_093, Limits.WHOLE_LINE_BYTES + 1, 1 << 20}) {
            // Byte by byte only where that is not too long.
            int longest = blockSize < 4_093 ? 20_000 : Integer.MAX_VALUE;
            int first = random.nextInt((int) lineCount + 1);
            int end = first + random.nextInt((int) lineCount - first + 1);
            for (int[] range :
                    new int[][] {{0, (int) lineCount}, {first, end}, {end, (int) lineCount}, {first, first}}) {
                byte[] expected = Arrays.copyOfRange(content, starts[range[0]], starts[range[1]]);
                if (expected.length <= longest) {
                    assertArrayEquals(
                            expected,
                            read(snapshot, range[0], range[1], blockSize),
                            "lines " + range[0] + " to " + range[1] + " in blocks of " + blockSize);
                }
            }
        }
    }

    /** Together they need far more lines at once than a store may look up at once. */
    @Test
    void theFilesOfAVersionAreKeptInItsManifest() throws Exception {
        byte[] content = "one\ntwo\n".getBytes(StandardCharsets.UTF_8);
        List<Manifest.Part> files = List.of(new Manifest.Part("/a b.log", 1), new Manifest.Part("/ü.log", 2));
        try (Build build = store().begin(request())) {
            addAll(build, content, 64 << 10);
            Manifest committed = build.commit(contentOf(content), blocksOf(content), files);
            assertEquals(files, committed.files());
            assertEquals(committed, store().current(NAME).orElseThrow());
        }
    }

    @Test
    void manyRangesAtOnceAreComplete() throws Exception {
        byte[] content = Samples.random(2_000, 20, 77);
        LineStore store = store();
        try (Snapshot snapshot = store.open(put(store, content))) {
            List<byte[]> found = new ArrayList<>();
            List<CompletionStage<Void>> reads = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                found.add(new byte[content.length]);
                reads.add(snapshot.range(0, 2_000).fill(ByteBuffer.wrap(found.get(i))));
            }
            for (int i = 0; i < reads.size(); i++) {
                await(reads.get(i));
                assertArrayEquals(content, found.get(i));
            }
        }
        store.drop(NAME);
    }

    @Test
    void linesInAnyOrderAreLookedUpAtOnce() throws Exception {
        byte[] content = Samples.random(500, 50, 78);
        List<byte[]> lines = Samples.linesOf(content);
        LineStore store = store();
        try (Snapshot snapshot = store.open(put(store, content))) {
            List<Lookup> lookups = await(snapshot.lookupAll(new long[] {499, 500, 7, Long.MAX_VALUE, 7, 0, 503, 498}));
            assertEquals(8, lookups.size());
            long[] found = {0, 499, 2, 7, 4, 7, 5, 0, 7, 498};
            for (int i = 0; i < found.length; i += 2) {
                Lookup lookup = lookups.get((int) found[i]);
                assertArrayEquals(
                        lines.get((int) found[i + 1]),
                        assertInstanceOf(Lookup.Found.class, lookup).line());
            }
            assertEquals(new Lookup.PastTheEnd(500), lookups.get(1));
            assertEquals(new Lookup.PastTheEnd(500), lookups.get(3));
            assertEquals(new Lookup.PastTheEnd(500), lookups.get(6));
            assertEquals(List.of(), await(snapshot.lookupAll(new long[] {})));
        }
        store.drop(NAME);
    }

    @TestFactory
    List<DynamicTest> everySampleComesBackByteForByte() {
        return Samples.all().entrySet().stream().map(this::comesBack).toList();
    }

    private DynamicTest comesBack(Map.Entry<String, byte[]> sample) {
        return DynamicTest.dynamicTest(sample.getKey(), () -> {
            byte[] content = sample.getValue();
            LineStore store = store();
            Manifest manifest = put(store, content);
            assertEquals(contentOf(content), manifest.content());
            try (Snapshot snapshot = store.open(manifest)) {
                assertEquals(manifest, snapshot.manifest());
                snapshot.check();
                assertHolds(snapshot, content);
                assertRanges(snapshot, content, new Random(content.length));
            }
            store.drop(NAME);
        });
    }

    @Test
    void aBuildAcceptsBlocksOfAnySize() throws Exception {
        byte[] content = Samples.random(700, 90, 7);
        LineStore store = store();
        for (int blockSize : new int[] {1, 2, 7, 64 << 10}) {
            Manifest manifest = put(store, content, blockSize);
            try (Snapshot snapshot = store.open(manifest)) {
                assertHolds(snapshot, content);
            }
        }
    }

    @Test
    void concurrentLookupsInAnyOrderReturnTheirOwnLines() throws Exception {
        byte[] content = Samples.random(5_000, 300, 11);
        List<byte[]> expected = Samples.linesOf(content);
        LineStore store = store();
        try (Snapshot snapshot = store.open(put(store, content))) {
            List<CompletableFuture<Void>> all = new Random(5)
                    .ints(5_000, 0, expected.size())
                    .mapToObj(i -> snapshot.lookup(i)
                            .thenAccept(found -> assertArrayEquals(
                                    expected.get(i),
                                    assertInstanceOf(Lookup.Found.class, found).line()))
                            .toCompletableFuture())
                    .toList();
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void concurrentRangesReturnTheirOwnLines() throws Exception {
        byte[] content = Samples.random(8_000, 300, 12);
        LineStore store = store();
        try (Snapshot snapshot = store.open(put(store, content));
                ExecutorService readers = Executors.newFixedThreadPool(8)) {
            List<Future<?>> all = new ArrayList<>();
            for (int seed = 0; seed < 8; seed++) {
                Random random = new Random(seed);
                all.add(readers.submit(() -> {
                    assertRanges(snapshot, content, random);
                    return null;
                }));
            }
            for (Future<?> reader : all) {
                reader.get(120, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void anEmptyStoreListsNothing() throws Exception {
        LineStore store = store();
        assertEquals(List.of(), store.datasets());
        assertEquals(Optional.empty(), store.current(NAME));
        assertFalse(store.drop(NAME));
    }

    @Test
    void versionsCountUpAndTheNewestIsListed() throws Exception {
        LineStore store = store();
        Manifest first = put(store, "one\n".getBytes(StandardCharsets.UTF_8));
        Manifest second = put(store, "one\ntwo\n".getBytes(StandardCharsets.UTF_8));
        assertEquals(1, first.version());
        assertEquals(2, second.version());
        assertEquals("sample", second.sourceName());
        assertEquals(Optional.of(second), store.current(NAME));
        assertEquals(List.of(second), currentVersions(store));
    }

    @Test
    void aBuildClosedWithoutCommitLeavesThePreviousVersion() throws Exception {
        byte[] kept = Samples.random(400, 60, 3);
        LineStore store = store();
        Manifest first = put(store, kept);
        try (Build build = store.begin(request())) {
            addAll(build, Samples.random(900, 60, 4), 64 << 10);
        }
        assertEquals(Optional.of(first), store.current(NAME));
        try (Snapshot snapshot = store.open(first)) {
            assertHolds(snapshot, kept);
        }
        assertEquals(2, put(store, kept).version());
    }

    @Test
    void aSnapshotStaysReadableWhileTheNextVersionIsBuilt() throws Exception {
        byte[] before = Samples.random(800, 60, 5);
        byte[] after = Samples.random(900, 60, 6);
        LineStore store = store();
        try (Snapshot old = store.open(put(store, before));
                Build build = store.begin(request())) {
            addAll(build, after, 64 << 10);
            assertHolds(old, before);
            Manifest manifest = commit(build, after);
            assertHolds(old, before);
            try (Snapshot current = store.open(manifest)) {
                assertHolds(current, after);
            }
        }
    }

    @Test
    void commitRefusesContentThatWasNotAdded() throws Exception {
        LineStore store = store();
        try (Build build = store.begin(request())) {
            addAll(build, "one\ntwo\n".getBytes(StandardCharsets.UTF_8), 64);
            byte[] more = "one\ntwo\nthree\n".getBytes(StandardCharsets.UTF_8);
            assertThrows(StoreFailedException.class, () -> commit(build, more));
        }
        assertEquals(Optional.empty(), store.current(NAME));
    }

    @Test
    void aSecondBuildOfADatasetIsRefusedAndNamesTheFirst() throws Exception {
        LineStore store = store();
        try (Build first = store.begin(request())) {
            StoreFailedException refused = assertThrows(StoreFailedException.class, () -> store.begin(request()));
            assertTrue(refused.getMessage().contains("sample"), refused.getMessage());
            addAll(first, "one\n".getBytes(StandardCharsets.UTF_8), 64);
            commit(first, "one\n".getBytes(StandardCharsets.UTF_8));
        }
        assertEquals(2, put(store, "two\n".getBytes(StandardCharsets.UTF_8)).version());
    }

    @Test
    void datasetsAreIndependent() throws Exception {
        LineStore store = store();
        DatasetName other = new DatasetName("other");
        Manifest mine = put(store, "mine\n".getBytes(StandardCharsets.UTF_8));
        byte[] content = "theirs\n".getBytes(StandardCharsets.UTF_8);
        try (Build build = store.begin(request(other, 0, false))) {
            addAll(build, content, 64);
            commit(build, content);
        }
        assertEquals(
                List.of(NAME, other),
                store.datasets().stream().map(DatasetListing::name).toList());
        assertTrue(store.drop(other));
        assertEquals(Optional.empty(), store.current(other));
        try (Snapshot snapshot = store.open(mine)) {
            assertHolds(snapshot, "mine\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void aDroppedDatasetIsGoneAndCanBeStoredAgain() throws Exception {
        LineStore store = store();
        Manifest first = put(store, "one\n".getBytes(StandardCharsets.UTF_8));
        assertTrue(store.drop(NAME));
        assertEquals(Optional.empty(), store.current(NAME));
        assertEquals(List.of(), store.datasets());
        assertThrows(StoreException.class, () -> store.open(first).close());
        byte[] content = "again\n".getBytes(StandardCharsets.UTF_8);
        try (Snapshot snapshot = store.open(put(store, content))) {
            assertHolds(snapshot, content);
        }
    }

    @Test
    void aDropDuringABuildIsRefusedAndNamesTheBuild() throws Exception {
        LineStore store = store();
        Manifest first = put(store, "one\n".getBytes(StandardCharsets.UTF_8));
        try (Build build = store.begin(request())) {
            StoreFailedException refused = assertThrows(StoreFailedException.class, () -> store.drop(NAME));
            assertTrue(refused.getMessage().contains("sample"), refused.getMessage());
            assertEquals(Optional.of(first), store.current(NAME));
            addAll(build, "two\n".getBytes(StandardCharsets.UTF_8), 64);
            commit(build, "two\n".getBytes(StandardCharsets.UTF_8));
        }
        assertTrue(store.drop(NAME));
        try (Build build = store.begin(request())) {
            assertThrows(StoreFailedException.class, () -> store.drop(NAME));
        }
    }

    @Test
    void theCheckpointReachesTheEnd() throws Exception {
        byte[] content = Samples.random(2_000, 100, 9);
        LineStore store = store();
        try (Build build = store.begin(request())) {
            assertEquals(new Checkpoint(0, 0), build.checkpoint());
            addAll(build, content, 1 << 10);
            commit(build, content);
            assertEquals(new Checkpoint(Samples.linesOf(content).size(), content.length), build.checkpoint());
        }
    }

    /** Stores a version of one line, its text, and keeps {@code keep} published versions. */
    private Manifest putKeeping(LineStore store, String line, int keep) throws Exception {
        return put(store, line, keep, false);
    }

    private Manifest hold(LineStore store, String line) throws Exception {
        return put(store, line, 1, true);
    }

    private Manifest put(LineStore store, String line, int keep, boolean hold) throws Exception {
        byte[] content = (line + "\n").getBytes(StandardCharsets.UTF_8);
        try (Build build = store.begin(request(NAME, keep, hold))) {
            addAll(build, content, 64);
            return commit(build, content);
        }
    }

    private static String firstLine(LineStore store, Manifest manifest) throws Exception {
        try (Snapshot snapshot = store.open(manifest)) {
            return new String(line(snapshot, 0), StandardCharsets.UTF_8);
        }
    }

    /** Describes the versions of the dataset: {@code "1 KEPT, 2 CURRENT, 2 given"}. */
    private static String describeVersions(LineStore store) throws Exception {
        return describeVersions(store, NAME);
    }

    /** Describes the versions of a dataset in the same way; returns an empty string if there are none. */
    public static String describeVersions(LineStore store, DatasetName dataset) throws StoreException {
        Optional<DatasetVersions> versions = store.versions(dataset);
        StringBuilder text = new StringBuilder();
        if (versions.isPresent()) {
            for (StoredVersion version : versions.get().versions()) {
                text.append(version.describe().version())
                        .append(' ')
                        .append(version.state())
                        .append(", ");
            }
            text.append(versions.get().lastNumber()).append(" given");
        }
        return text.toString();
    }

    @Test
    void theVersionsPublishedLastAreKept() throws Exception {
        LineStore store = store();
        Manifest first = putKeeping(store, "one", 2);
        Manifest second = putKeeping(store, "two", 2);
        assertEquals("1 KEPT, 2 CURRENT, 2 given", describeVersions(store));
        assertEquals("one", firstLine(store, first));
        assertEquals("two", firstLine(store, second));
        Manifest third = putKeeping(store, "three", 2);
        assertEquals("2 KEPT, 3 CURRENT, 3 given", describeVersions(store));
        assertEquals("two", firstLine(store, second));
        assertEquals(Optional.of(third), store.current(NAME));
        assertThrows(StoreException.class, () -> store.open(first).close());
        Manifest fourth = putKeeping(store, "four", 1);
        assertEquals("4 CURRENT, 4 given", describeVersions(store));
        assertEquals("four", firstLine(store, fourth));
    }

    @Test
    void aRollbackMakesAKeptVersionCurrentAndTheNextIngestRemovesTheOneRolledBack() throws Exception {
        LineStore store = store();
        Manifest first = putKeeping(store, "one", 2);
        putKeeping(store, "two", 2);
        assertEquals(first, store.publish(NAME, 1, Integer.MAX_VALUE));
        assertEquals("1 CURRENT, 2 KEPT, 2 given", describeVersions(store));
        assertEquals(2, store.versions(NAME).orElseThrow().previousNumber());
        assertEquals(Optional.of(first), store.current(NAME));
        assertEquals(List.of(first), currentVersions(store));
        assertEquals(first, store.publish(NAME, 1, Integer.MAX_VALUE), "a repetition changes nothing");
        assertEquals("1 CURRENT, 2 KEPT, 2 given", describeVersions(store));
        Manifest third = putKeeping(store, "three", 2);
        // Publication order, not the order of numbers: version 1 was current after version 2.
        assertEquals("1 KEPT, 3 CURRENT, 3 given", describeVersions(store));
        assertEquals(1, store.versions(NAME).orElseThrow().previousNumber());
        assertEquals("one", firstLine(store, first));
        assertEquals("three", firstLine(store, third));
    }

    @Test
    void aHeldVersionIsReadableAndNotCurrentUntilItIsPublished() throws Exception {
        LineStore store = store();
        Manifest held = hold(store, "one");
        assertEquals("1 HELD, 1 given", describeVersions(store));
        assertEquals(Optional.empty(), store.current(NAME));
        assertEquals("one", firstLine(store, held));
        Manifest second = putKeeping(store, "two", 1);
        assertEquals("1 HELD, 2 CURRENT, 2 given", describeVersions(store), "an ingest leaves held versions");
        Manifest third = hold(store, "three");
        assertEquals("1 HELD, 2 CURRENT, 3 HELD, 3 given", describeVersions(store));
        assertEquals(Optional.of(second), store.current(NAME));
        assertEquals(third, store.publish(NAME, 3, 2));
        assertEquals("1 HELD, 2 KEPT, 3 CURRENT, 3 given", describeVersions(store));
        assertEquals(held, store.publish(NAME, 1, 1));
        assertEquals("1 CURRENT, 3 given", describeVersions(store));
        assertEquals("one", firstLine(store, held));
    }

    @Test
    void aVersionIsDroppedUnlessItIsCurrentAndItsNumberIsNotReused() throws Exception {
        LineStore store = store();
        putKeeping(store, "one", 3);
        putKeeping(store, "two", 3);
        hold(store, "three");
        assertThrows(StoreFailedException.class, () -> store.drop(NAME, 2));
        assertThrows(StoreFailedException.class, () -> store.drop(NAME, 7));
        store.drop(NAME, 1);
        assertEquals("2 CURRENT, 3 HELD, 3 given", describeVersions(store));
        store.drop(NAME, 3);
        assertEquals("2 CURRENT, 3 given", describeVersions(store));
        assertThrows(StoreFailedException.class, () -> store.drop(NAME, 3));
        assertThrows(StoreFailedException.class, () -> store.publish(NAME, 3, 1));
        assertEquals(4, putKeeping(store, "four", 3).version());
        // Clients may cache a line of a version for ever, so a new dataset of the name must not repeat a number.
        assertTrue(store.drop(NAME));
        assertEquals("", describeVersions(store));
        assertEquals(List.of(), store.datasets());
        assertEquals(5, putKeeping(store, "five", 3).version());
        assertEquals("5 CURRENT, 5 given", describeVersions(store));
    }

    @Test
    void aDatasetOfHeldVersionsOnlyCanBeDropped() throws Exception {
        LineStore store = store();
        hold(store, "one");
        assertEquals(
                List.of(NAME),
                store.datasets().stream().map(DatasetListing::name).toList());
        assertTrue(store.drop(NAME));
        assertEquals(List.of(), store.datasets());
        assertFalse(store.drop(NAME));
    }

    @Test
    void aBuildExcludesOtherChangesOfItsDataset() throws Exception {
        LineStore store = store();
        putKeeping(store, "one", 2);
        putKeeping(store, "two", 2);
        try (Build build = store.begin(request())) {
            assertThrows(StoreFailedException.class, () -> store.publish(NAME, 1, Integer.MAX_VALUE));
            StoreFailedException refused = assertThrows(StoreFailedException.class, () -> store.drop(NAME, 1));
            assertTrue(refused.getMessage().contains("sample"), refused.getMessage());
            assertEquals("1 KEPT, 2 CURRENT, 2 given", describeVersions(store), "a build is not a version");
        }
        store.drop(NAME, 1);
        assertEquals("2 CURRENT, 2 given", describeVersions(store));
    }

    @Test
    void whatVersionsNeedIsNotReclaimed() throws Exception {
        LineStore store = store();
        Manifest kept = putKeeping(store, "one", 2);
        Manifest current = putKeeping(store, "two", 2);
        Manifest held = hold(store, "three");
        try (Build build = store.begin(request(NAME, 2, false))) {
            addAll(build, "four\n".getBytes(StandardCharsets.UTF_8), 64);
            assertEquals(List.of(), store.reclaim(false));
            store.reclaimInBackground();
            Manifest manifest = commit(build, "four\n".getBytes(StandardCharsets.UTF_8));
            assertEquals("four", firstLine(store, manifest));
        }
        assertEquals("two", firstLine(store, current));
        assertEquals("three", firstLine(store, held));
        assertEquals(List.of(), store.reclaim(true));
        assertThrows(StoreException.class, () -> store.open(kept).close());
    }

    @Test
    void onlyEqualLinesAreSkippedWithoutReading() throws Exception {
        byte[] before = Samples.random(60_000, 90, 13);
        byte[] after = before.clone();
        List<byte[]> lines = Samples.linesOf(before);
        after[after.length - 1_000] ^= 1;
        LineStore store = store();
        Manifest first;
        Manifest second;
        try (Build build = store.begin(request(NAME, 2, false))) {
            addAll(build, before, 64 << 10);
            first = commit(build, before);
        }
        try (Build build = store.begin(request(NAME, 2, false))) {
            addAll(build, after, 64 << 10);
            second = commit(build, after);
        }
        List<byte[]> changed = Samples.linesOf(after);
        try (Snapshot one = store.open(first);
                Snapshot two = store.open(second)) {
            for (long from = 0; from <= lines.size() + 1; from += 97) {
                long to = one.skipEqualLines(two, from);
                assertTrue(to >= from, "line index " + from + " to " + to);
                for (long i = from; i < Math.min(to, Math.max(lines.size(), changed.size())); i++) {
                    assertArrayEquals(lines.get((int) i), changed.get((int) i), "line index " + i);
                }
            }
        }
    }
}
