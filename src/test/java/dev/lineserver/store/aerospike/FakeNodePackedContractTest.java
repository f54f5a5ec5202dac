package dev.lineserver.store.aerospike;

import java.io.IOException;

import dev.lineserver.store.LinesPerRecord;

class FakeNodePackedContractTest extends FakeNodeContractTest {
    FakeNodePackedContractTest() throws IOException {}

    @Override
    protected LinesPerRecord linesPerRecord() {
        return new LinesPerRecord(16);
    }
}
