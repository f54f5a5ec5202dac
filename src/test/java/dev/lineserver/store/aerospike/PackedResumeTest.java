package dev.lineserver.store.aerospike;

import dev.lineserver.store.LinesPerRecord;

/** Runs the tests of resumed builds with several lines in a record. */
class PackedResumeTest extends ResumeTest {
    @Override
    LinesPerRecord linesPerRecord() {
        return new LinesPerRecord(16);
    }
}
