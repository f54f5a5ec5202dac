package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

import dev.lineserver.store.StoreException;

/** Gives each test a cluster of three fake nodes with two replicas of each record, and closes what the test opens. */
abstract class FakeClusterTest {
    static final int NODES = 3;

    List<FakeAerospikeNode> nodes;

    /** Closed after the test, the last one first. */
    final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    final void start() throws IOException {
        nodes = FakeAerospikeNode.cluster(NODES);
    }

    @AfterEach
    final void stop() throws Exception {
        nodes.forEach(node -> node.faults.clear());
        for (AutoCloseable closeable : open.reversed()) {
            closeable.close();
        }
        for (FakeAerospikeNode node : nodes) {
            node.close();
        }
    }

    /** Returns settings that name the first node only. */
    final TestSettings settings() {
        return TestSettings.of(List.of(nodes.getFirst().host()));
    }

    final AerospikeStore connect(TestSettings settings) throws StoreException {
        AerospikeStore store = AerospikeStore.connect(settings.settings(), TestSettings.LOOPS);
        open.add(store);
        return store;
    }

    /** Ends a node; the others have noticed it, and the client has not. */
    final void kill(int node) throws IOException {
        nodes.get(node).close();
        nodes.forEach(other -> other.info.leave(node));
    }
}
