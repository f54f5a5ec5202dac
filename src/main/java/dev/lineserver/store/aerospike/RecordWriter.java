package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Bin;
import com.aerospike.client.Key;
import com.aerospike.client.Operation;
import com.aerospike.client.Value;

import dev.lineserver.line.LineBatch;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.aerospike.BatchWriter.BatchStart;

/**
 * Turns consecutive lines into records, and writes them in batches. {@link BatchWriter} writes full batches in the
 * background. One thread, that of the ingest, calls everything but {@link #firstBuffered}.
 */
final class RecordWriter {
    /**
     * Bounds the bytes of lines in a batch of several records. With the keys and names of as many records as a batch may
     * have, they take less than the 128 KiB up to which the client uses a buffer again: a larger one is allocated for each
     * batch. Measured: packed records took 1.7 times the CPU in batches of 512 KiB.
     */
    private static final int MAX_BATCH_BYTES = 90_000;

    /** The same for lines that are going to be compressed. Enough records for all cores. */
    private static final int MAX_COMPRESSIBLE_BATCH_BYTES = 1 << 19;

    /** Describes the place of a line of a batch in the source. */
    interface Starts {
        BatchStart of(LineBatch batch, int i);
    }

    private final ConnectedCluster cluster;
    private final BatchWriter writer;
    private final LineRecords records;
    private final int maxBytesPerRecord;
    private final LongPredicate isStored;
    private final Starts starts;

    /** The batch that has not yet been submitted, and the bytes of its lines. Compressed lines are compressed when it is. */
    private List<Supplier<BatchRecord>> buffered = new ArrayList<>();

    private int bufferedBytes;

    /** The first buffered line, or the next line to be added while the buffer is empty. */
    private volatile BatchStart firstBuffered;

    /** The lines of a record that is not complete. */
    private final PackedLines packed = new PackedLines();

    /** The first line in {@link #packed}. */
    private long firstPackedLine;

    /** The same, if the record is not stored yet. */
    private BatchStart firstPacked;

    private final long firstLine;
    private long lineIndex;
    private long partCount;

    /** Number of records that were stored already. */
    private long storedRecords;

    /**
     * @param records of the set that is written to
     * @param maxBytesPerRecord longest line, in bytes, that fits one record
     * @param first where the lines begin
     * @param isStored tells of a line whether its record is stored already, and is not written again
     * @param starts called for the first line of each batch of records
     */
    RecordWriter(
            ConnectedCluster cluster,
            BatchWriter writer,
            LineRecords records,
            int maxBytesPerRecord,
            BatchStart first,
            LongPredicate isStored,
            Starts starts) {
        this.cluster = cluster;
        this.writer = writer;
        this.records = records;
        this.maxBytesPerRecord = maxBytesPerRecord;
        this.isStored = isStored;
        this.starts = starts;
        this.firstLine = first.position().lineIndex();
        this.lineIndex = firstLine;
        this.firstBuffered = first;
        this.firstPacked = first;
    }

    /** Adds a line of a batch: the line after the last one added. */
    void add(LineBatch batch, int i) throws StoreException, InterruptedException {
        if (records.layout.isPacked()) {
            addPacked(batch, i);
        } else {
            addSingle(batch, i);
        }
    }

    private void addSingle(LineBatch batch, int i) throws StoreException, InterruptedException {
        int length = batch.length(i);
        boolean isLong = length > maxBytesPerRecord;
        if (isStored.test(lineIndex)) {
            int parts = isLong ? new LineRecords.LongLineHeader(length, maxBytesPerRecord).parts() : 0;
            partCount += parts;
            storedRecords += 1 + parts;
            lineIndex++;
            return;
        }
        if (isFull(Math.min(length, maxBytesPerRecord))) {
            flush(starts.of(batch, i));
        }
        if (isLong) {
            LineRecords.LongLineHeader header = writeParts(lineIndex, batch.bytes(), batch.start(i), length);
            BatchWrite record = write(records.line(lineIndex), LineRecords.headerBin(header));
            buffered.add(() -> record);
        } else {
            byte[] line = Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i));
            BatchWrite record = write(records.line(lineIndex), LineRecords.lineBin(Value.get(line)));
            buffered.add(() -> record);
            bufferedBytes += length;
        }
        lineIndex++;
    }

    /** Returns true if a record begins another batch. The first record of a batch tells where the batch begins. */
    private boolean isFull(int bytes) {
        return buffered.isEmpty()
                || buffered.size() == cluster.settings.writes().recordsPerBatch()
                || bufferedBytes + bytes
                        > (records.layout.compressed() ? MAX_COMPRESSIBLE_BATCH_BYTES : MAX_BATCH_BYTES);
    }

    /**
     * Adds a line to the record that is being packed. If the lines do not fit it together, the longest of them is stored in
     * parts.
     */
    private void addPacked(LineBatch batch, int i) throws StoreException, InterruptedException {
        if (packed.size() == 0) {
            firstPackedLine = lineIndex;
            if (!isStored.test(lineIndex)) {
                firstPacked = starts.of(batch, i);
            }
        }
        if (batch.length(i) > maxBytesPerRecord - PackedLines.MAX_OVERHEAD_BYTES) {
            packed.add(writeParts(lineIndex, batch.bytes(), batch.start(i), batch.length(i)));
        } else {
            packed.add(Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i)));
        }
        lineIndex++;
        while (packed.bytes() > maxBytesPerRecord) {
            int longest = packed.longest();
            byte[] line = packed.line(longest);
            packed.replace(longest, writeParts(firstPackedLine + longest, line, 0, line.length));
        }
        if (packed.size() == records.linesPerRecord) {
            bufferPacked();
        }
    }

    private void bufferPacked() throws StoreException, InterruptedException {
        if (isStored.test(firstPackedLine)) {
            storedRecords++;
        } else {
            if (isFull(packed.bytes())) {
                flush(firstPacked);
            }
            Key key = records.line(firstPackedLine);
            List<Value> lines = packed.elements();
            buffered.add(() -> write(key, records.packedBins(lines)));
            bufferedBytes += packed.bytes();
        }
        packed.clear();
    }

    /** @param next the line after the buffered ones */
    private void flush(BatchStart next) throws StoreException, InterruptedException {
        if (!buffered.isEmpty()) {
            Stream<Supplier<BatchRecord>> batch = buffered.stream();
            // All cores compress.
            writer.submit(
                    firstBuffered,
                    (records.layout.compressed() ? batch.parallel() : batch)
                            .map(Supplier::get)
                            .toList());
            buffered = new ArrayList<>(buffered.size());
            bufferedBytes = 0;
        }
        firstBuffered = next;
    }

    /**
     * Writes what is buffered, an incomplete record included, and waits until all records are acknowledged. No line can be
     * added afterwards.
     *
     * @param end after the last line
     * @return number of records for the lines added, parts of long lines and those stored already included
     */
    long finish(BatchStart end) throws StoreException, InterruptedException {
        if (packed.size() > 0) {
            bufferPacked();
        }
        flush(end);
        long recordCount = Math.addExact(records.recordCount(lineIndex - firstLine), partCount);
        writer.awaitAcknowledgements(recordCount - storedRecords);
        return recordCount;
    }

    /** Returns where the first line begins that was not passed to the {@link BatchWriter}. Called by any thread. */
    BatchStart firstBuffered() {
        return firstBuffered;
    }

    /**
     * Writes the parts of a long line. All parts are acknowledged before the header can be written, so an acknowledged
     * header means that the whole line is stored.
     */
    private LineRecords.LongLineHeader writeParts(long lineIndex, byte[] bytes, int start, int length)
            throws StoreException, InterruptedException {
        LineRecords.LongLineHeader header = new LineRecords.LongLineHeader(length, maxBytesPerRecord);
        String activity = "writing the parts of line index " + lineIndex;
        partCount += header.parts();
        if (isStored.test(lineIndex)) {
            storedRecords += header.parts();
            return header;
        }
        for (int part = 0; part < header.parts(); part++) {
            Bin bin = LineRecords.lineBin(Value.get(bytes, start + part * maxBytesPerRecord, header.partLength(part)));
            writer.writeNow(List.of(write(records.part(lineIndex, part), bin)), activity);
        }
        return header;
    }

    private BatchWrite write(Key key, Bin... bins) {
        // Not a stream, whose objects are an eighth of the garbage of an ingest in the native program.
        Operation[] puts = new Operation[bins.length];
        Arrays.setAll(puts, i -> Operation.put(bins[i]));
        return new BatchWrite(cluster.policies.lineWrite, key, puts);
    }
}
