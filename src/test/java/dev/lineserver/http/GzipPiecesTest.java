package dev.lineserver.http;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.zip.GZIPInputStream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class GzipPiecesTest {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private boolean closed;

    /** Random bytes in pieces of a random length, some of them empty. */
    private final class RandomPieces implements BodyPieces {
        private final Random random;
        private final ByteArrayOutputStream made = new ByteArrayOutputStream();
        private int rest;

        RandomPieces(long seed) {
            random = new Random(seed);
            rest = 1 + random.nextInt(20);
        }

        @Override
        public CompletionStage<ByteBuf> next() {
            byte[] bytes = new byte[random.nextInt(3) == 0 ? 0 : random.nextInt(100_000)];
            random.nextBytes(bytes);
            rest--;
            made.writeBytes(bytes);
            return CompletableFuture.completedFuture(
                    allocator.directBuffer(bytes.length + 1).writeBytes(bytes));
        }

        @Override
        public boolean ended() {
            return rest == 0;
        }

        @Override
        public CompletionStage<Void> close() {
            closed = true;
            return CompletableFuture.completedFuture(null);
        }
    }

    /** As if the memory for direct buffers or for another thread were used up. */
    @Test
    void aFailureToCompressReleasesEverything() throws Exception {
        ByteBufAllocator exhausted = ScriptedLines.proxy(ByteBufAllocator.class, (_, _, _) -> {
            throw new OutOfMemoryError("scripted");
        });
        ThreadPoolExecutor threads = GzipPieces.newThreads();
        threads.setThreadFactory(_ -> {
            throw new OutOfMemoryError("scripted");
        });
        assertThrows(OutOfMemoryError.class, () -> GzipPieces.of(new RandomPieces(1), threads, exhausted));
        assertTrue(closed, "the other body is closed");
        GzipPieces pieces = GzipPieces.of(new RandomPieces(1), threads, allocator);
        assertTrue(pieces.next().toCompletableFuture().isCompletedExceptionally());
        pieces.close();
        assertEquals(0, allocator.metric().usedDirectMemory());
    }

    /** The seed is in the name. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theBytesComeBackAndNoneIsCompressedOnThisThread(long seed) throws Exception {
        RandomPieces plain = new RandomPieces(seed);
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        ThreadPoolExecutor threads = GzipPieces.newThreads();
        int count = 0;
        try (threads) {
            GzipPieces pieces = GzipPieces.of(plain, threads, allocator);
            while (!pieces.ended()) {
                ByteBuf piece = pieces.next().toCompletableFuture().join();
                piece.readBytes(compressed, piece.readableBytes());
                piece.release();
                count++;
            }
            pieces.close();
        }
        assertEquals(count, threads.getCompletedTaskCount(), "each piece is a task of the threads");
        byte[] bytes = new GZIPInputStream(new ByteArrayInputStream(compressed.toByteArray())).readAllBytes();
        assertArrayEquals(plain.made.toByteArray(), bytes);
        assertTrue(closed, "the other body is closed");
        assertEquals(0, allocator.metric().usedDirectMemory());
    }
}
