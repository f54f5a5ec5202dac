package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import dev.lineserver.store.Await;
import dev.lineserver.store.ZstdBlock;
import dev.lineserver.store.embedded.index.LineIndexWriter.ByteSink;

import static dev.lineserver.store.embedded.SeekTable.BLOCK_BYTES;

/**
 * Writes a compressed copy of the lines, in the form that {@link SeekTable} describes. Blocks are compressed on all cores,
 * and written in their order. Used by one thread.
 */
final class CompressedCopy implements LinesCopy {
    /** For each core. The calling thread waits if more blocks are being compressed, or wait for their turn to be written. */
    private static final int MAX_PENDING = 4;

    private final int cores = Runtime.getRuntime().availableProcessors();
    private final ByteSink out;
    private final ExecutorService compressors = Executors.newFixedThreadPool(
            cores, Thread.ofPlatform().daemon().name("compress-", 0).factory());
    private final Queue<Future<byte[]>> pending = new ArrayDeque<>();
    private final SeekTable table;
    /** The blocks that are in the file already. */
    private final int resumed;

    private int blocks;
    private byte[] block = new byte[BLOCK_BYTES];
    private int blockLength;
    private long textBytes;

    /**
     * @param out receives the bytes of the file, in their order
     * @param table has the blocks that are in the file already; not used by the caller any more
     */
    CompressedCopy(ByteSink out, SeekTable table) {
        this.out = out;
        this.table = table;
        resumed = table.blockCount();
    }

    @Override
    public void add(byte[] bytes, int from, int length) throws IOException, InterruptedException {
        int added = 0;
        while (added < length) {
            int count = Math.min(length - added, BLOCK_BYTES - blockLength);
            System.arraycopy(bytes, from + added, block, blockLength, count);
            blockLength += count;
            added += count;
            if (blockLength == BLOCK_BYTES) {
                compress();
            }
        }
        textBytes += length;
    }

    private void compress() throws IOException, InterruptedException {
        byte[] text = block;
        int length = blockLength;
        if (blocks++ < resumed) {
            blockLength = 0;
            return;
        }
        pending.add(compressors.submit(() -> ZstdBlock.compress(text, 0, length)));
        block = new byte[BLOCK_BYTES];
        blockLength = 0;
        if (pending.size() > MAX_PENDING * cores) {
            writeFirst();
        }
    }

    private void writeFirst() throws IOException, InterruptedException {
        try {
            byte[] frame = pending.remove().get();
            out.write(ByteBuffer.wrap(frame));
            table.add(frame);
        } catch (ExecutionException e) {
            throw Await.unchecked(e);
        }
    }

    /** The rest of the text is a block that a copy which resumes this one compresses again. */
    @Override
    public boolean contains(long position) {
        return position / BLOCK_BYTES <= table.blockCount();
    }

    @Override
    public long fileBytes() {
        return table.fileBytes();
    }

    @Override
    public ByteBuffer table(int from) {
        return table.unfinished(from);
    }

    @Override
    public int tableChecksum(long position) {
        return table.checksum(Math.toIntExact(position / BLOCK_BYTES));
    }

    @Override
    public void finish() throws IOException, InterruptedException {
        if (blockLength > 0) {
            compress();
        }
        while (!pending.isEmpty()) {
            writeFirst();
        }
        table.write(textBytes, out);
    }

    @Override
    public void close() {
        compressors.shutdownNow();
    }
}
