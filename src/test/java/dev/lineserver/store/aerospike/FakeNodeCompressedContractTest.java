package dev.lineserver.store.aerospike;

import java.io.IOException;

final class FakeNodeCompressedContractTest extends FakeNodePackedContractTest {
    FakeNodeCompressedContractTest() throws IOException {}

    @Override
    protected boolean compress() {
        return true;
    }
}
