package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.util.List;

class FakeNodeContractTest extends AerospikeStoreContract {
    private final FakeAerospikeNode node;

    FakeNodeContractTest() throws IOException {
        node = new FakeAerospikeNode();
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
