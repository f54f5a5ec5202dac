package dev.lineserver.http;

import java.io.OutputStream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** A stream whose bytes are taken in pieces, as those of a body. One thread at a time uses an instance. */
final class PieceBuffer extends OutputStream {
    private static final int INITIAL_BYTES = 16 << 10;

    private final ByteBufAllocator allocator;
    /** Null until it is needed, so that nothing must be released if the owner of this stream cannot be created. */
    private @Nullable ByteBuf piece;

    PieceBuffer(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    private ByteBuf piece() {
        if (piece == null) {
            piece = allocator.directBuffer(INITIAL_BYTES);
        }
        return piece;
    }

    @Override
    public void write(int b) {
        piece().writeByte(b);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        piece().writeBytes(bytes, from, length);
    }

    /** Returns the number of bytes written since the last {@link #take}. */
    int size() {
        return piece == null ? 0 : piece.readableBytes();
    }

    /** Returns the bytes written since the last call, in a buffer that the caller must release. */
    ByteBuf take() {
        ByteBuf taken = piece();
        piece = null;
        return taken;
    }

    /** Releases the memory, after which the stream must not be used. */
    void release() {
        if (piece != null) {
            boolean _ = piece.release();
            piece = null;
        }
    }
}
