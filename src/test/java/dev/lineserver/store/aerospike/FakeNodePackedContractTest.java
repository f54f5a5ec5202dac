package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.util.List;

import dev.lineserver.store.LinesPerRecord;

final class FakeNodePackedContractTest extends AerospikeStoreContract {
    private final FakeAerospikeNode node;

    FakeNodePackedContractTest() throws IOException {
        node = new FakeAerospikeNode();
    }

    @Override
    protected LinesPerRecord linesPerRecord() {
        return new LinesPerRecord(16);
    }

    @Override
    List<AerospikeSettings.SeedNode> hosts() {
        return List.of(node.host());
    }

    @Override
    void afterClose() throws IOException {
        node.close();
    }
}
