package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;

import dev.lineserver.store.embedded.index.LineIndexWriter.ByteSink;

/** Writes the lines as they are. Used by one thread. */
final class PlainCopy implements LinesCopy {
    private final ByteSink out;
    private long textBytes;
    private long fileBytes;

    /**
     * @param out receives the bytes of the file, in their order
     * @param fileBytes number of bytes that are in the file already
     */
    PlainCopy(ByteSink out, long fileBytes) {
        this.out = out;
        this.fileBytes = fileBytes;
    }

    @Override
    public void add(byte[] bytes, int from, int length) throws IOException {
        int stored = (int) Math.clamp(fileBytes - textBytes, 0L, length);
        textBytes += length;
        if (stored < length) {
            out.write(ByteBuffer.wrap(bytes, from + stored, length - stored));
            fileBytes = textBytes;
        }
    }

    @Override
    public boolean contains(long position) {
        return position <= fileBytes;
    }

    @Override
    public long fileBytes() {
        return fileBytes;
    }

    @Override
    public ByteBuffer table(int from) {
        return ByteBuffer.allocate(0);
    }

    @Override
    public int tableChecksum(long position) {
        return 0;
    }

    @Override
    public void finish() {
        // All text was written when it was added.
    }

    @Override
    public void close() {
        // Nothing is held but the file, which the caller closes.
    }
}
