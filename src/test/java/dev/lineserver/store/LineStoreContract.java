package dev.lineserver.store;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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

    /** Returns the store under test: the same store during one test, empty at its begin. */
    protected abstract LineStore store() throws Exception;

    /** A request for content that does not come from a file. */
    private static BuildRequest request() {
        return new BuildRequest(NAME, "sample", null, false);
    }

    /** Stores a content in blocks of 64 KiB. */
    protected static Manifest put(LineStore store, byte[] content) throws Exception {
        return put(store, content, 64 << 10);
    }

    protected static Manifest put(LineStore store, byte[] content, int blockSize) throws Exception {
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
        return build.commit(contentOf(content), blocksOf(content));
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
            List<CompletableFuture<Void>> all = new java.util.Random(5)
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
    void anEmptyStoreListsNothing() throws Exception {
        LineStore store = store();
        assertEquals(List.of(), store.datasets());
        assertEquals(Optional.empty(), store.newest(NAME));
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
        assertEquals(Optional.of(second), store.newest(NAME));
        assertEquals(List.of(new DatasetListing.Described(second)), store.datasets());
    }

    @Test
    void aBuildClosedWithoutCommitLeavesThePreviousVersion() throws Exception {
        byte[] kept = Samples.random(400, 60, 3);
        LineStore store = store();
        Manifest first = put(store, kept);
        try (Build build = store.begin(request())) {
            addAll(build, Samples.random(900, 60, 4), 64 << 10);
        }
        assertEquals(Optional.of(first), store.newest(NAME));
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
        assertEquals(Optional.empty(), store.newest(NAME));
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
        try (Build build = store.begin(new BuildRequest(other, "sample", null, false))) {
            addAll(build, content, 64);
            commit(build, content);
        }
        assertEquals(
                List.of(NAME, other),
                store.datasets().stream().map(DatasetListing::name).toList());
        assertTrue(store.drop(other));
        assertEquals(Optional.empty(), store.newest(other));
        try (Snapshot snapshot = store.open(mine)) {
            assertHolds(snapshot, "mine\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void aDroppedDatasetIsGoneAndCanBeStoredAgain() throws Exception {
        LineStore store = store();
        Manifest first = put(store, "one\n".getBytes(StandardCharsets.UTF_8));
        assertTrue(store.drop(NAME));
        assertEquals(Optional.empty(), store.newest(NAME));
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
            assertEquals(Optional.of(first), store.newest(NAME));
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
}
