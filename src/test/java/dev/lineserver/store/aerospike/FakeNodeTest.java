package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import dev.lineserver.line.Limits;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.line.Newlines;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/** Gives each test a fake node, and closes the stores that the test connects to it. */
abstract class FakeNodeTest {
    static final DatasetName NAME = new DatasetName("faulty");

    FakeAerospikeNode node;
    private final List<AerospikeStore> stores = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        node = new FakeAerospikeNode();
    }

    @AfterEach
    void stop() throws IOException {
        node.faults.clear();
        stores.forEach(AerospikeStore::close);
        node.close();
    }

    TestSettings settings() {
        return TestSettings.of(List.of(node.host()));
    }

    AerospikeStore connect(TestSettings settings) throws StoreException {
        AerospikeStore store = AerospikeStore.connect(settings.settings(), TestSettings.LOOPS);
        stores.add(store);
        return store;
    }

    /** Returns the value for all builds of these tests. */
    LinesPerRecord linesPerRecord() {
        return LinesPerRecord.ONE;
    }

    /** Returns true if all builds of these tests compress their lines. */
    boolean compress() {
        return false;
    }

    Manifest put(AerospikeStore store, byte[] content) throws Exception {
        return put(store, content, linesPerRecord(), compress());
    }

    static Manifest put(AerospikeStore store, byte[] content, LinesPerRecord linesPerRecord) throws Exception {
        return put(store, content, linesPerRecord, false);
    }

    static Manifest put(AerospikeStore store, byte[] content, LinesPerRecord linesPerRecord, boolean compress)
            throws Exception {
        try (Build build = begin(store, linesPerRecord, compress)) {
            add(build, content);
            return commit(build, content);
        }
    }

    /** Returns the keys of the set that the first build of an empty store uses. */
    LineRecords firstSet(AerospikeStore store) throws StoreException {
        return firstSet(store, new LineLayout(linesPerRecord().count(), compress()));
    }

    static LineRecords firstSet(AerospikeStore store, LineLayout layout) throws StoreException {
        return new LineRecords(FakeInfo.NAMESPACE, store.registry.read().lineSet("_a"), layout);
    }

    Build begin(AerospikeStore store) throws StoreException {
        return begin(store, linesPerRecord(), compress());
    }

    static Build begin(AerospikeStore store, LinesPerRecord linesPerRecord, boolean compress) throws StoreException {
        return store.begin(new BuildRequest(NAME, "sample", null, false, 0, false, linesPerRecord, compress, false));
    }

    static void add(Build build, byte[] content) throws Exception {
        LineSplitter<StoreException> splitter = new LineSplitter<>(Limits.LONGEST_LINE_BYTES, build::add);
        int[] newlines = new int[content.length];
        splitter.add(content, content.length, newlines, Newlines.find(content, 0, content.length, newlines));
        splitter.finish();
    }

    static Manifest commit(Build build, byte[] content) throws Exception {
        return ContractCommit.commitOf(build, content);
    }

    static void assertHolds(Snapshot snapshot, byte[] content) throws Exception {
        List<byte[]> lines = Samples.linesOf(content);
        for (int i = 0; i < lines.size(); i++) {
            Lookup.Found found = assertInstanceOf(Lookup.Found.class, await(snapshot, i), "index " + i);
            assertArrayEquals(lines.get(i), found.line(), "index " + i);
        }
    }

    static Lookup await(Snapshot snapshot, long lineIndex) throws Exception {
        try {
            return snapshot.lookup(lineIndex).toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StoreException failure ? failure : e;
        }
    }
}
