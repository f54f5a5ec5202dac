package dev.lineserver.store.aerospike;

/** Runs the tests of resumed builds with compressed lines. */
final class CompressedResumeTest extends PackedResumeTest {
    @Override
    boolean compress() {
        return true;
    }
}
