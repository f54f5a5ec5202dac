package dev.lineserver.store.aerospike;

/** Repeats the tests with compressed lines. */
final class CompressedWriteFaultsTest extends PackedWriteFaultsTest {
    @Override
    boolean compress() {
        return true;
    }
}
