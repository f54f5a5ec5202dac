package dev.lineserver.store.aerospike;

/** Repeats the tests with compressed lines. */
final class CompressedReadFaultsTest extends PackedReadFaultsTest {
    @Override
    boolean compress() {
        return true;
    }
}
