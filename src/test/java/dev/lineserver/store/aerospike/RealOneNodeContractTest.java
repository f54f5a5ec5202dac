package dev.lineserver.store.aerospike;

import java.util.List;

final class RealOneNodeContractTest extends AerospikeStoreContract {
    @Override
    List<AerospikeSettings.Node> hosts() {
        return RealAerospike.oneNode(RealOneNodeContractTest.class);
    }
}
