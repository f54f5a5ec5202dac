package dev.lineserver.http;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * The pieces of another body, compressed with gzip. They are compressed on threads of their own, because 256 KiB take some
 * milliseconds, during which an event loop would answer nobody.
 */
final class GzipPieces implements BodyPieces {
    private static final int BUFFER_BYTES = 8 << 10;

    private final BodyPieces plain;
    private final ThreadPoolExecutor threads;
    private final Gzip gzip;
    private final PieceBuffer out;

    /** Level 1 takes a quarter of the time of the default, for a few per cent of size. */
    private static final class Gzip extends GZIPOutputStream {
        Gzip(OutputStream out) throws IOException {
            super(out, BUFFER_BYTES);
            def.setLevel(Deflater.BEST_SPEED);
        }

        void release() {
            def.end();
        }
    }

    /**
     * Creates a body that another one is compressed to.
     *
     * @param plain the other body, which {@link #close} closes; it is closed now if this method throws
     */
    static GzipPieces of(BodyPieces plain, ThreadPoolExecutor threads, ByteBufAllocator allocator) {
        try {
            return new GzipPieces(plain, threads, allocator);
        } catch (RuntimeException | Error e) {
            CompletionStage<Void> _ = plain.close();
            throw e;
        }
    }

    private GzipPieces(BodyPieces plain, ThreadPoolExecutor threads, ByteBufAllocator allocator) {
        this.plain = plain;
        this.threads = threads;
        out = new PieceBuffer(allocator);
        try {
            gzip = new Gzip(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns threads for all answers of a server: half of the cores, so that single lines keep the others. */
    static ThreadPoolExecutor newThreads() {
        int count = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                count,
                count,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> Thread.ofPlatform().daemon().name("line-server gzip").unstarted(task));
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    @Override
    public CompletionStage<ByteBuf> next() {
        return plain.next().thenCompose(piece -> {
            try {
                return CompletableFuture.supplyAsync(() -> compress(piece), threads);
            } catch (RuntimeException | Error notStarted) {
                boolean _ = piece.release();
                throw notStarted;
            }
        });
    }

    private ByteBuf compress(ByteBuf piece) {
        try {
            piece.readBytes(gzip, piece.readableBytes());
            if (plain.ended()) {
                gzip.finish();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            boolean _ = piece.release();
        }
        return out.take();
    }

    @Override
    public boolean ended() {
        return plain.ended();
    }

    @Override
    public CompletionStage<Void> close() {
        gzip.release();
        out.release();
        return plain.close();
    }
}
