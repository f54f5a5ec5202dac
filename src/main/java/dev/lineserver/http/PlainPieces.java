package dev.lineserver.http;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import dev.lineserver.store.LineRange;

/** Lines as they are in the file. Each piece is one block of a range, in memory that all pieces of an answer share. */
final class PlainPieces implements BodyPieces {
    /** Size of a block in bytes: 256 KiB. {@code src/docs/decisions/023-ranges-are-read-in-blocks.md} has the figures. */
    static final int BLOCK_BYTES = 256 << 10;

    private final LineRange range;
    private final OptionalLong length;
    private final int blockBytes;
    private final ByteBuf block;
    private long made;
    private boolean ended;

    PlainPieces(LineRange range, ByteBufAllocator allocator) {
        this(range, range.byteCount(), BLOCK_BYTES, allocator);
    }

    /**
     * @param length bytes of the body, which may end before the range; empty for all bytes of a range of unknown length
     * @param blockBytes size of a block
     */
    PlainPieces(LineRange range, OptionalLong length, int blockBytes, ByteBufAllocator allocator) {
        this.range = range;
        this.length = length;
        this.blockBytes = blockBytes;
        block = allocator.directBuffer(blockBytes, blockBytes);
    }

    @Override
    public CompletionStage<ByteBuf> next() {
        ByteBuffer room = block.nioBuffer(0, blockBytes);
        return range.fill(room).thenApply(_ -> piece(room.position()));
    }

    private ByteBuf piece(int filled) {
        int wanted = (int) Math.min(filled, length.orElse(Long.MAX_VALUE) - made);
        made += wanted;
        // A block that is not full is the last one.
        ended = filled < blockBytes || (length.isPresent() && made == length.getAsLong());
        if (ended && length.isPresent() && made != length.getAsLong()) {
            throw new IllegalStateException("the lines have " + made + " bytes, not " + length.getAsLong());
        }
        return block.retainedSlice(0, wanted);
    }

    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public CompletionStage<Void> close() {
        block.release();
        return CompletableFuture.completedFuture(null);
    }
}
