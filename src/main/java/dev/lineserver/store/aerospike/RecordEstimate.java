package dev.lineserver.store.aerospike;

import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.TextShape;

/**
 * Estimates the records of a text: their number and size, and the time to write them. All figures are of one copy.
 *
 * @param maxBytesPerRecord longest line, in bytes, that fits one record
 */
record RecordEstimate(TextShape shape, int maxBytesPerRecord) {
    /** RAM of one entry of the primary index. */
    private static final long INDEX_BYTES = 64;

    /** On the device: 39 bytes of header, set name of at most 4 bytes and its length, bin name, and length of the value. */
    private static final long RECORD_OVERHEAD_BYTES = 50;

    /** On the device, records start at multiples of this. */
    private static final long RECORD_ALIGNMENT_BYTES = 16;

    /** A node reads whole sectors of a device. */
    private static final long DEVICE_READ_BYTES = 512;

    /** Of an answer, beside the line: its header, the header of the bin, and the name of the bin. */
    private static final long ANSWER_OVERHEAD_BYTES = 31;

    /**
     * Time of an ingest for each record and each byte. Measured on 29 November 2026 with one node on the two cores of the
     * ingest: 4,000,000 lines of 96 bytes took 22 s as single records, and 3 to 6 s as packed ones.
     */
    private static final double SECONDS_PER_RECORD = 5e-6;

    private static final double SECONDS_PER_BYTE = 1e-8;

    /** Returns the number of records, those for parts of long lines included. */
    long recordCount(LinesPerRecord lines) {
        long parts = shape.longestLine() > maxBytesPerRecord ? shape.bytesInLongerLines() / maxBytesPerRecord : 0;
        return Math.ceilDiv(shape.lineCount(), lines.of(shape.lineCount(), shape.byteCount(), maxBytesPerRecord))
                + parts;
    }

    /** Returns the RAM for the index. */
    long indexBytes(LinesPerRecord lines) {
        return recordCount(lines) * INDEX_BYTES;
    }

    /** Returns the time of an ingest. */
    long seconds(LinesPerRecord lines) {
        return 1 + (long) (recordCount(lines) * SECONDS_PER_RECORD + shape.byteCount() * SECONDS_PER_BYTE);
    }

    /**
     * Returns the bytes that are read from the device for one line, on average. A node reads the record of the line whole,
     * unless it is in its cache, and with it the sectors that it shares.
     */
    long readBytes(LinesPerRecord lines) {
        return diskBytes(lines) / Math.max(1, recordCount(lines)) + DEVICE_READ_BYTES - RECORD_ALIGNMENT_BYTES;
    }

    /** Returns the bytes that a node sends for one line, on average. */
    long answerBytes() {
        return shape.byteCount() / Math.max(1, shape.lineCount()) - 1 + ANSWER_OVERHEAD_BYTES;
    }

    /**
     * Returns an upper bound of the bytes on the device: assumes for each line the greatest length of its class, or of packed
     * lines the longest headers.
     */
    long diskBytes(LinesPerRecord lines) {
        if (lines.of(shape.lineCount(), shape.byteCount(), maxBytesPerRecord) > 1) {
            // Compressed lines have no headers of their own.
            long lineBytes = shape.compression() < 1
                    ? shape.storedBytes()
                    : shape.byteCount() + shape.lineCount() * PackedLines.MAX_OVERHEAD_BYTES;
            return lineBytes + recordCount(lines) * (RECORD_OVERHEAD_BYTES + RECORD_ALIGNMENT_BYTES);
        }
        long[] classes = shape.linesByLength();
        long bytes = 0;
        for (int i = 0; i < classes.length - 1; i++) {
            long longest = (i + 1L) * TextShape.LENGTH_STEP - 1;
            bytes += classes[i]
                    * Math.ceilDiv(longest + RECORD_OVERHEAD_BYTES, RECORD_ALIGNMENT_BYTES)
                    * RECORD_ALIGNMENT_BYTES;
        }
        long longer = classes.length == 0 ? 0 : classes[classes.length - 1];
        return bytes + shape.bytesInLongerLines() + longer * (RECORD_OVERHEAD_BYTES + RECORD_ALIGNMENT_BYTES);
    }
}
