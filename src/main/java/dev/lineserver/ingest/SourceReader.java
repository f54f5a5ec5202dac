package dev.lineserver.ingest;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.line.LineTooLongException;
import dev.lineserver.store.Await;
import dev.lineserver.store.Content;

/**
 * Reads a whole source on several threads, and passes its lines on in their order.
 *
 * <pre>
 *               calling thread          pool                  calling thread
 * free blocks ──► assign ──► in flight: load, scan, hash ──► add digest, split ──► sink
 *      ▲                                                             │
 *      └─────────────────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>The calling thread waits for the oldest block in flight, so blocks are split in the order of the source however
 * the pool completes them. The number of blocks that circulate is bounded. When the sink blocks, no block becomes free and
 * reading stops: this is the back-pressure, and it bounds the heap for a source of any size.
 *
 * <p>An instance reads one source once.
 */
final class SourceReader {
    private static final int BLOCKS_PER_THREAD = 4;
    /** One block to load while another is split. */
    private static final int MIN_BLOCKS = 2;
    /** Blocks may occupy one sixteenth of the heap; the store needs the rest. */
    private static final int HEAP_DIVISOR = 16;
    /** The thread that splits cannot keep up with more threads. */
    private static final int MAX_THREADS = 8;

    private final Source source;
    private final Progress progress;
    private final ContentDigest.Tree digests = new ContentDigest.Tree();
    private final NewlineCounts counts = new NewlineCounts();

    /** @param progress called after every block, on the thread that calls {@link #read} */
    SourceReader(Source source, Progress progress) {
        this.source = source;
        this.progress = progress;
    }

    /**
     * Reads the source to its end, and checks that it did not change meanwhile.
     *
     * @param sink receives all lines, on the calling thread
     * @return counts and digest of the lines passed on
     */
    <X extends Exception> Content read(LineSplitter.BatchSink<X> sink) throws X, SourceException, InterruptedException {
        source.note().ifPresent(progress::note);
        LineSplitter<X> splitter = new LineSplitter<>(Limits.LONGEST_LINE_BYTES, sink);
        long[] newlines = new long[1];
        boolean terminated = readBlocks(splitter, block -> {
            digests.add(block.digest);
            counts.add(newlines[0]);
            source.scanned(block, newlines[0]);
            newlines[0] += block.newlineCount;
            splitter.add(block.bytes, block.length, block.newlines, block.newlineCount);
            progress.update(source.position(), source.size(), splitter.lineCount());
        });
        return new Content(
                splitter.lineCount(), splitter.byteCount(), digests.digest(), splitter.longestLine(), terminated);
    }

    /** Receives scanned blocks in their order, on the thread that reads. */
    interface BlockSink<X extends Exception> {
        void accept(Block block) throws X, IOException, LineTooLongException, InterruptedException;
    }

    /**
     * Reads all blocks that the source assigns, and checks that it did not change meanwhile.
     *
     * @param splitter finished after the last block
     * @return true if all lines have a terminator
     */
    <X extends Exception> boolean readBlocks(LineSplitter<X> splitter, BlockSink<X> sink)
            throws X, SourceException, InterruptedException {
        int threads = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
        ThreadFactory workers =
                Thread.ofPlatform().daemon().name("source-reader").factory();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads, workers)) {
            readBlocks(pool, blocksAhead(threads), sink);
            boolean terminated = splitter.finish();
            // After the last read, and before the caller commits.
            source.checkUnchanged();
            return terminated;
        } catch (LineTooLongException e) {
            throw new SourceException(
                    SourceException.described(source.name()) + ": " + e.getMessage() + ", the limit for a line", e);
        } catch (IOException e) {
            throw SourceException.cannotRead(source.lastName(), e);
        }
    }

    /** Returns the number of newlines before each block read so far. */
    NewlineCounts newlineCounts() {
        return counts;
    }

    /** Returns the digests of all blocks read so far. */
    ContentDigest.Tree blocks() {
        return digests;
    }

    private static int blocksAhead(int threads) {
        long affordable = Runtime.getRuntime().maxMemory() / HEAP_DIVISOR / Block.HEAP_BYTES;
        return Math.clamp(affordable, MIN_BLOCKS, threads * BLOCKS_PER_THREAD);
    }

    private <X extends Exception> void readBlocks(ExecutorService pool, int ahead, BlockSink<X> sink)
            throws X, IOException, LineTooLongException, InterruptedException {
        Deque<Block> free = new ArrayDeque<>(ahead);
        Queue<Future<Block>> inFlight = new ArrayDeque<>(ahead);
        boolean ended = false;
        while (true) {
            while (!ended && inFlight.size() < ahead) {
                // Most sources are small, and need few blocks.
                Block next = free.isEmpty() ? new Block(source.blockBytes()) : free.pop();
                if (source.assign(next)) {
                    inFlight.add(pool.submit(() -> {
                        source.load(next);
                        next.scan();
                        return next;
                    }));
                } else {
                    ended = true;
                }
            }
            if (inFlight.isEmpty()) {
                return;
            }
            // The oldest one, although a later block may be complete already.
            Block block = Await.ioResult(inFlight.remove());
            sink.accept(block);
            free.push(block);
        }
    }
}
