package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Await;

/**
 * The unpacked bytes of an archive whose pieces tell where they end, so that several threads unpack them. They are read
 * and returned in their order.
 *
 * <p>This class judges nothing. At the first bytes that are not such a piece, or that are one and cannot be unpacked, it
 * leaves these and all that follow to the code that unpacks any archive in sequence: an archive with a fault is refused,
 * and one without is accepted, as if there were no threads.
 *
 * <p>Used by one thread.
 */
final class ParallelUnpacking extends BulkInputStream {
    private static final int MAX_THREADS = 8;
    /** Of a piece that is unpacked, one that is read, and those that wait. */
    private static final int PIECES_PER_THREAD = 4;

    private final Format format;
    private final InputStream packed;
    private final ThreadPoolExecutor pool = pool();
    private final long maxBytesInFlight;
    private final int maxInFlight = pool.getCorePoolSize() * PIECES_PER_THREAD;
    private final Deque<Task> inFlight = new ArrayDeque<>();
    private final Deque<PackedPiece> free = new ArrayDeque<>();
    /** The piece whose content is returned now, and the position in it. */
    private PackedPiece current = new PackedPiece();

    private int position;
    private long membersUnpacked;
    private boolean allRead;
    /** Unpacks what is left, in sequence; null before. */
    private @Nullable InputStream rest;

    /** A part of an archive, and its content. Its arrays are used again for other parts. */
    static final class PackedPiece {
        byte[] packed = {};
        int packedLength;
        byte[] content = {};
        int contentLength;
        /** Number of members or frames. */
        int members;
    }

    /** How the pieces of an archive are found and unpacked. */
    interface Format {
        /**
         * Reads the next piece, or what the archive has of it. Called by one thread.
         *
         * @param archive supports {@link InputStream#mark}; its next byte is the first one of the piece
         * @return false if no such piece follows; then nothing is consumed
         */
        boolean read(InputStream archive, PackedPiece piece) throws IOException;

        /**
         * Unpacks a piece. Called by several threads.
         *
         * @return false if it is not complete and intact
         */
        boolean unpack(PackedPiece piece);

        /**
         * Returns the content of any archive.
         *
         * @param membersBefore number of members that were unpacked before, for messages
         */
        InputStream unpackInSequence(InputStream archive, long membersBefore) throws IOException;
    }

    private record Task(PackedPiece piece, Future<Boolean> unpacked) {}

    /** @param packed a stream that supports {@link InputStream#mark} */
    ParallelUnpacking(Format format, InputStream packed) {
        this(format, packed, Runtime.getRuntime().maxMemory() / 8);
    }

    /** @param maxBytesInFlight bytes of pieces and their content at which no further piece is read ahead */
    ParallelUnpacking(Format format, InputStream packed, long maxBytesInFlight) {
        this.format = format;
        this.packed = packed;
        this.maxBytesInFlight = maxBytesInFlight;
    }

    /** Its threads begin with the first piece, and end when they have no work, because standard input is not closed. */
    private static ThreadPoolExecutor pool() {
        int threads = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads,
                threads,
                1,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("unpacker").factory());
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        // A piece may have no content.
        while (position == current.contentLength) {
            if (rest != null) {
                return rest.read(into, offset, length);
            }
            nextPiece();
        }
        int count = Math.min(length, current.contentLength - position);
        System.arraycopy(current.content, position, into, offset, count);
        position += count;
        return count;
    }

    private void nextPiece() throws IOException {
        free.push(current);
        current = new PackedPiece();
        position = 0;
        fill();
        if (inFlight.isEmpty() || !isUnpacked(inFlight.element())) {
            InputStream archive = packed;
            while (!inFlight.isEmpty()) {
                PackedPiece last = inFlight.removeLast().piece;
                archive = new SequenceInputStream(new ByteArrayInputStream(last.packed, 0, last.packedLength), archive);
            }
            rest = format.unpackInSequence(archive, membersUnpacked);
            pool.shutdown();
            return;
        }
        current = inFlight.remove().piece;
        membersUnpacked += current.members;
    }

    private void fill() throws IOException {
        while (!allRead && inFlight.size() < maxInFlight && bytesInFlight() < maxBytesInFlight) {
            PackedPiece piece = free.isEmpty() ? new PackedPiece() : free.pop();
            if (format.read(packed, piece)) {
                inFlight.add(new Task(piece, pool.submit(() -> format.unpack(piece))));
            } else {
                allRead = true;
            }
        }
    }

    private long bytesInFlight() {
        return inFlight.stream()
                .mapToLong(task -> task.piece.packed.length + task.piece.content.length)
                .sum();
    }

    private static boolean isUnpacked(Task task) throws IOException {
        try {
            return Await.ioResult(task.unpacked);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        }
    }

    @Override
    public void close() throws IOException {
        pool.shutdown();
        try (packed) {
            if (rest != null) {
                rest.close();
            }
        }
    }
}
