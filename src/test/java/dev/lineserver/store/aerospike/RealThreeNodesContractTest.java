package dev.lineserver.store.aerospike;

import java.util.List;

final class RealThreeNodesContractTest extends AerospikeStoreContract {
    @Override
    List<AerospikeSettings.SeedNode> hosts() {
        return RealAerospike.threeNodes(RealThreeNodesContractTest.class);
    }
}
