package dev.lineserver.store.embedded;

final class CompressedContractTest extends EmbeddedStoreContractTest {
    @Override
    protected boolean compress() {
        return true;
    }
}
