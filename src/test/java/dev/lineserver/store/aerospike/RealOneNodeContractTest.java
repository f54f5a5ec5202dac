package dev.lineserver.store.aerospike;

import java.util.List;

class RealOneNodeContractTest extends AerospikeStoreContract {
    @Override
    List<AerospikeSettings.SeedNode> hosts() {
        return RealAerospike.oneNode(getClass());
    }
}
