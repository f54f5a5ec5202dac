package dev.lineserver.store.aerospike;

import dev.lineserver.store.LinesPerRecord;

/** Runs the test of mixed faults with several lines in a record. */
final class PackedMixedFaultsTest extends MixedFaultsTest {
    @Override
    LinesPerRecord linesPerRecord() {
        return new LinesPerRecord(4);
    }
}
