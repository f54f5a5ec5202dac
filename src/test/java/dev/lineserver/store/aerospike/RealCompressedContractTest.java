package dev.lineserver.store.aerospike;

import dev.lineserver.store.LinesPerRecord;

final class RealCompressedContractTest extends RealOneNodeContractTest {
    @Override
    protected LinesPerRecord linesPerRecord() {
        return LinesPerRecord.AUTO;
    }

    @Override
    protected boolean compress() {
        return true;
    }
}
