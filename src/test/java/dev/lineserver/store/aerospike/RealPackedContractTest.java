package dev.lineserver.store.aerospike;

import java.util.List;

import dev.lineserver.store.LinesPerRecord;

final class RealPackedContractTest extends AerospikeStoreContract {
    @Override
    protected LinesPerRecord linesPerRecord() {
        return LinesPerRecord.AUTO;
    }

    @Override
    List<AerospikeSettings.SeedNode> hosts() {
        return RealAerospike.oneNode(RealPackedContractTest.class);
    }
}
