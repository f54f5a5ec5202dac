package dev.lineserver.store.aerospike;

import dev.lineserver.store.LinesPerRecord;

/** Repeats the tests with several lines in each record. */
class PackedWriteFaultsTest extends WriteFaultsTest {
    @Override
    LinesPerRecord linesPerRecord() {
        return new LinesPerRecord(4);
    }
}
