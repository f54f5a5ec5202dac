package dev.lineserver.ingest;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
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
import dev.lineserver.store.ControlCharacters;

/**
 * Reads a whole source: blocks are loaded, scanned and hashed concurrently, then split into lines in their order.
 *
 * <p>The calling thread splits. The number of blocks in memory is bounded whatever the size of the source, because the next
 * block is handed out only after the oldest has been split.
 */
final class SourceReader {
    private static final int BLOCKS_PER_THREAD = 4;
    private static final int FEWEST_BLOCKS = 2;
    /** Share of the heap that blocks may take; the store needs the rest. */
    private static final int HEAP_SHARE = 16;
    /** More threads would only wait for the one that splits. */
    private static final int MOST_THREADS = 8;

    private final Source source;
    private final Progress progress;
    private final ContentDigest.Tree digests = new ContentDigest.Tree();

    /** @param progress called after every block by the thread that reads */
    SourceReader(Source source, Progress progress) {
        this.source = source;
        this.progress = progress;
    }

    /**
     * Reads the source to its end.
     *
     * @param sink of all lines
     */
    <X extends Exception> Content read(LineSplitter.Sink<X> sink) throws X, SourceException, InterruptedException {
        if (source.compression() != Compression.NONE) {
            progress.note(ControlCharacters.escape(SourceException.described(source.name())) + " is "
                    + source.compression() + "-compressed: unpacking");
        }
        LineSplitter<X> splitter = new LineSplitter<>(Limits.LONGEST_LINE_BYTES, sink);
        int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
        ThreadFactory workers =
                Thread.ofPlatform().daemon().name("source-reader").factory();
        try (ExecutorService pool = Executors.newFixedThreadPool(threads, workers)) {
            readBlocks(pool, blocksAhead(threads), splitter);
            boolean terminated = splitter.finish();
            source.checkUnchanged();
            return new Content(
                    splitter.lineCount(), splitter.byteCount(), digests.digest(), splitter.longestLine(), terminated);
        } catch (LineTooLongException e) {
            throw new SourceException(
                    SourceException.described(source.name()) + ": " + e.getMessage()
                            + ", the longest that can be stored",
                    e);
        } catch (IOException e) {
            throw SourceException.cannotRead(source.name(), e);
        }
    }

    /** Digests of all blocks read so far. */
    ContentDigest.Tree blocks() {
        return digests;
    }

    private static int blocksAhead(int threads) {
        long affordable = Runtime.getRuntime().maxMemory() / HEAP_SHARE / Block.MOST_BYTES;
        return Math.clamp(affordable, FEWEST_BLOCKS, threads * BLOCKS_PER_THREAD);
    }

    private <X extends Exception> void readBlocks(ExecutorService pool, int ahead, LineSplitter<X> splitter)
            throws X, IOException, LineTooLongException, InterruptedException {
        Deque<Block> free = new ArrayDeque<>(ahead);
        for (int i = 0; i < ahead; i++) {
            free.push(new Block());
        }
        Queue<Future<Block>> inFlight = new ArrayDeque<>(ahead);
        while (true) {
            while (!free.isEmpty() && source.next(free.element())) {
                Block next = free.pop();
                inFlight.add(pool.submit(() -> {
                    source.load(next);
                    next.scan();
                    return next;
                }));
            }
            if (inFlight.isEmpty()) {
                return;
            }
            Block block = result(inFlight.remove());
            digests.add(block.digest);
            splitter.add(block.bytes, block.length, block.newlines, block.newlineCount);
            progress.update(source.position(), source.size(), splitter.lineCount());
            free.push(block);
        }
    }

    private static Block result(Future<Block> block) throws IOException, InterruptedException {
        try {
            return block.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw Await.unchecked(e);
        }
    }
}
