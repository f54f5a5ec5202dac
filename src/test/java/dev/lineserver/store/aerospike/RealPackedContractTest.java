package dev.lineserver.store.aerospike;

import dev.lineserver.store.LinesPerRecord;

final class RealPackedContractTest extends RealOneNodeContractTest {
    @Override
    protected LinesPerRecord linesPerRecord() {
        return LinesPerRecord.AUTO;
    }
}
