package dev.lineserver.store.aerospike;

import java.util.List;

final class RealOneNodeContractTest extends AerospikeStoreContract {
    @Override
    List<AerospikeSettings.SeedNode> hosts() {
        return RealAerospike.oneNode(RealOneNodeContractTest.class);
    }
}
