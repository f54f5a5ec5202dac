package dev.lineserver.ingest;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.line.LineTooLongException;
import dev.lineserver.store.Content;

/**
 * Reads a whole source: blocks are loaded, scanned and hashed side by side, then split into lines in their order.
 *
 * <p>The thread that splits takes part where it would have to wait: a thread per core is enough then, and handing a block
 * over seldom wakes one up. At most {@link #BLOCKS_AHEAD} blocks per thread are in memory, whatever the size of the source:
 * the next block is given out only when the oldest has been split.
 */
final class SourceReader {
    private static final int BLOCKS_AHEAD = 4;
    /** More would only wait for the one thread that splits. */
    private static final int MOST_THREADS = 8;

    private final Source source;
    private final ContentDigest.Tree digests = new ContentDigest.Tree();

    SourceReader(Source source) {
        this.source = source;
    }

    /** Told after every block. */
    @FunctionalInterface
    interface Listener {
        void read(long lineCount, long byteCount);
    }

    /** Reads all, and hands every line to {@code sink}. */
    <X extends Exception> Content read(LineSplitter.Sink<X> sink, Listener listener)
            throws X, SourceException, InterruptedException {
        LineSplitter<X> splitter = new LineSplitter<>(Limits.LONGEST_LINE_BYTES, sink);
        int threads = Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
        try (ExecutorService pool = Executors.newFixedThreadPool(Math.max(1, threads - 1), SourceReader::worker)) {
            boolean endsInNewline = readBlocks(pool, threads * BLOCKS_AHEAD, splitter, listener);
            splitter.finish();
            listener.read(splitter.lineCount(), splitter.byteCount());
            source.checkUnchanged();
            return new Content(
                    splitter.lineCount(),
                    splitter.byteCount(),
                    digests.digest(),
                    splitter.longestLine(),
                    endsInNewline);
        } catch (LineTooLongException e) {
            throw new SourceException(source.name() + ": " + e.getMessage() + ", the most that can be stored", e);
        } catch (IOException e) {
            throw new SourceException(SourceErrors.cannotRead(source.name(), e), e);
        }
    }

    /** Digests of all blocks read so far. */
    ContentDigest.Tree blocks() {
        return digests;
    }

    private <X extends Exception> boolean readBlocks(
            ExecutorService pool, int ahead, LineSplitter<X> splitter, Listener listener)
            throws X, IOException, LineTooLongException, InterruptedException {
        Deque<Block> free = new ArrayDeque<>(ahead);
        for (int i = 0; i < ahead; i++) {
            free.push(new Block());
        }
        Queue<FutureTask<Block>> underWay = new ArrayDeque<>(ahead);
        boolean endsInNewline = true;
        while (true) {
            while (!free.isEmpty() && source.next(free.element())) {
                Block given = free.pop();
                FutureTask<Block> task = new FutureTask<>(() -> loadAndScan(given));
                underWay.add(task);
                pool.execute(task);
            }
            if (underWay.isEmpty()) {
                return endsInNewline;
            }
            Block block = oldest(underWay);
            digests.add(block.digest);
            splitter.add(block.bytes, block.length, block.newlines, block.newlineCount);
            endsInNewline = block.bytes[block.length - 1] == '\n';
            listener.read(splitter.lineCount(), splitter.byteCount());
            free.push(block);
        }
    }

    private Block loadAndScan(Block block) throws IOException {
        source.load(block);
        block.scan();
        return block;
    }

    /** Does what no worker has begun as long as the oldest is not done: running a task that was begun does nothing. */
    private static Block oldest(Queue<FutureTask<Block>> underWay) throws IOException, InterruptedException {
        FutureTask<Block> oldest = underWay.element();
        for (FutureTask<Block> task : underWay) {
            if (oldest.isDone()) {
                break;
            }
            task.run();
        }
        underWay.remove();
        try {
            return oldest.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static Thread worker(Runnable work) {
        Thread thread = new Thread(work, "source-reader");
        thread.setDaemon(true);
        return thread;
    }
}
