package dev.lineserver.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;

import dev.lineserver.store.Await;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/**
 * Prints ranges of lines in blocks: while one block is written, the store reads the next one. Two blocks circulate, so
 * the memory does not depend on the number of lines, nor on the reader of standard output.
 */
final class LinePrinter {
    /** Size of a block, in bytes: 256 KiB. Larger ones are not faster, and no longer fit into a core's cache. */
    static final int BLOCK_BYTES = 256 << 10;

    /**
     * Number of lines of the first range after a damaged line. The number doubles with each range that is read whole. A
     * store reads ahead, and a range that fails discards that, so ranges are short where many lines are damaged.
     */
    private static final long LINES_AFTER_DAMAGE = 16;

    private final Snapshot snapshot;
    private final LineSink sink;
    private final DamageListener listener;
    private ByteBuffer reading;
    private ByteBuffer printing;

    /** Receives the bytes of lines. */
    interface LineSink {
        /** Allocates a block of a kind that this sink writes without a copy. */
        ByteBuffer allocate(int bytes);

        /** Begins a range of lines. */
        void startAt(long lineIndex);

        /** Writes the next bytes of the range, from the block's position to its limit. */
        void write(ByteBuffer block) throws IOException;
    }

    /** Receives the lines that cannot be printed because they are damaged. */
    @FunctionalInterface
    interface DamageListener {
        void damaged(long lineIndex, String detail);
    }

    LinePrinter(Snapshot snapshot, LineSink sink, DamageListener listener) {
        this.snapshot = snapshot;
        this.sink = sink;
        this.listener = listener;
        reading = sink.allocate(BLOCK_BYTES);
        printing = sink.allocate(BLOCK_BYTES);
    }

    /**
     * Prints the lines that are not damaged. Of a damaged line in several parts, the bytes before the damage are printed.
     *
     * @param end index after the last line, at most the line count
     */
    void print(long first, long end) throws IOException, StoreException, InterruptedException {
        long next = first;
        long lines = Long.MAX_VALUE;
        while (next < end) {
            long to = end - next > lines ? next + lines : end;
            sink.startAt(next);
            try {
                print(snapshot.range(next, to));
                next = to;
                lines = lines > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : lines * 2;
            } catch (LineDamagedException e) {
                listener.damaged(e.lineIndex(), e.getMessage());
                next = e.lineIndex() + 1;
                lines = LINES_AFTER_DAMAGE;
            }
        }
    }

    private void print(LineRange range) throws IOException, StoreException, InterruptedException {
        CompletionStage<Void> filled = range.fill(reading.clear());
        while (true) {
            try {
                Await.result(filled);
            } catch (StoreException e) {
                // The bytes before the damaged or unreadable line are right.
                sink.write(reading.flip());
                throw e;
            }
            if (reading.position() == 0) {
                return;
            }
            ByteBuffer complete = reading;
            reading = printing;
            printing = complete;
            filled = range.fill(reading.clear());
            sink.write(printing.flip());
        }
    }
}
