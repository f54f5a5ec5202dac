package dev.lineserver.http;

import java.io.OutputStream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** A stream whose bytes are taken in pieces, as those of a body. One thread at a time uses an instance. */
final class PieceBuffer extends OutputStream {
    private static final int INITIAL_BYTES = 16 << 10;

    private final ByteBufAllocator allocator;
    private ByteBuf piece;

    PieceBuffer(ByteBufAllocator allocator) {
        this.allocator = allocator;
        piece = allocator.directBuffer(INITIAL_BYTES);
    }

    @Override
    public void write(int b) {
        piece.writeByte(b);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        piece.writeBytes(bytes, from, length);
    }

    /** Returns the number of bytes written since the last {@link #take}. */
    int size() {
        return piece.readableBytes();
    }

    /** Returns the bytes written since the last call, in a buffer that the caller must release. */
    ByteBuf take() {
        ByteBuf taken = piece;
        piece = allocator.directBuffer(INITIAL_BYTES);
        return taken;
    }

    /** Releases the memory, after which the stream must not be used. */
    void release() {
        boolean _ = piece.release();
    }
}
