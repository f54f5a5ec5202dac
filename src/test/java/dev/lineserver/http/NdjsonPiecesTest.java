package dev.lineserver.http;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.LineRange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class NdjsonPiecesTest {
    private static final long LENGTH = 64 << 20;

    /** A line of 64 MiB, without a terminator. */
    private static final class LongLine implements LineRange {
        private long rest = LENGTH;

        @Override
        public OptionalLong byteCount() {
            return OptionalLong.of(LENGTH);
        }

        @Override
        public CompletionStage<Void> fill(ByteBuffer block) {
            int count = (int) Math.min(rest, block.remaining());
            block.position(block.position() + count);
            rest -= count;
            return CompletableFuture.completedFuture(null);
        }
    }

    /** All pieces are made on this thread, so that it allocates all memory. */
    @Test
    void aLineThatIsTooLongIsReadWithoutBeingHeld() {
        UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        NdjsonPieces pieces =
                new NdjsonPieces(new LongLine(), new LineSpan(6, 7), new NdjsonWriter(new LineNumbers(1), allocator));
        StringBuilder json = new StringBuilder();
        long before = threads.getCurrentThreadAllocatedBytes();
        while (!pieces.ended()) {
            ByteBuf piece = pieces.next().toCompletableFuture().join();
            json.append(piece.toString(StandardCharsets.US_ASCII));
            boolean _ = piece.release();
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        pieces.close();
        assertEquals("{\"number\":7,\"outcome\":\"too-long\",\"bytes\":" + LENGTH + "}\n", json.toString());
        assertTrue(allocated < LENGTH / 2, allocated + " bytes were allocated");
        assertEquals(0, allocator.metric().usedDirectMemory());
    }
}
