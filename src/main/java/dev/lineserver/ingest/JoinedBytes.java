package dev.lineserver.ingest;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.Manifest;

/** The unpacked bytes of a {@link JoinedSource}, and the lines at which its parts begin. Used by one thread. */
final class JoinedBytes extends BulkInputStream {
    /** In {@link #starts}, a part without bytes. */
    private static final long EMPTY = -1;

    private final List<Piece> parts;
    /** For each part begun, the offset of its first byte, or {@link #EMPTY}. */
    private final long[] starts;
    /** For each part located, the number of lines before it. */
    private final long[] linesBefore;

    private int begun;
    private int located;
    /** Number of terminators in the blocks scanned so far. */
    private long terminators;

    /** The part that is being read; null before the first one, between two, and after the last one. */
    private @Nullable Source current;

    private String lastName;
    /** Size of the parts that have been read to their end. */
    private long sizeRead;

    private long offset;
    private int lastByte = '\n';
    /** The first byte of a part if a terminator was added before it and it has not yet been returned; else negative. */
    private int pending = -1;

    /**
     * One of the sources.
     *
     * @param size in bytes, before unpacking; negative if unknown
     * @param open the source, if it cannot be opened again. The others are opened when it is their turn: there may be more
     *     files than descriptors
     */
    record Piece(
            String name,
            @Nullable SourceFile file,
            Compression compression,
            long size,
            @Nullable Source open) {
        static Piece of(Source source) {
            if (source.isRepeatable()) {
                source.close();
            }
            return new Piece(
                    source.name(),
                    source.file(),
                    source.compression(),
                    source.size(),
                    source.isRepeatable() ? null : source);
        }

        boolean isRepeatable() {
            return open == null;
        }

        /** @throws IOException if the file is not the one that was there when the parts were joined */
        Source begin() throws IOException {
            if (open != null) {
                return open;
            }
            requireUnchanged();
            try {
                return Source.open(name);
            } catch (SourceException e) {
                throw e.getCause() instanceof IOException io ? io : new IOException(e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ClosedByInterruptException();
            }
        }

        void requireUnchanged() throws IOException {
            if (file != null) {
                Source.requireStamp(file);
            }
        }

        void close() {
            if (open != null) {
                open.close();
            }
        }
    }

    JoinedBytes(List<Piece> parts) {
        this.parts = List.copyOf(parts);
        starts = new long[parts.size()];
        linesBefore = new long[parts.size()];
        lastName = parts.getFirst().name();
    }

    List<Piece> parts() {
        return parts;
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        if (pending >= 0) {
            into[at] = (byte) pending;
            pending = -1;
            return returned(into, at, 1);
        }
        for (Source part = current(); part != null; part = current()) {
            int count = lastByte != '\n' && starts[begun - 1] == offset
                    ? separate(part, into, at)
                    : part.content().read(into, at, length);
            if (count >= 0) {
                return returned(into, at, count);
            }
            end(part);
        }
        return -1;
    }

    /** Returns a terminator before the first byte of a part, if it has one. */
    private int separate(Source part, byte[] into, int at) throws IOException {
        pending = part.content().read();
        if (pending < 0) {
            return -1;
        }
        into[at] = '\n';
        starts[begun - 1]++;
        return 1;
    }

    private int returned(byte[] into, int at, int count) {
        if (count > 0) {
            lastByte = into[at + count - 1];
            offset += count;
        }
        return count;
    }

    /** Returns the part to read, which begins if the one before has ended; null after the last one. */
    private @Nullable Source current() throws IOException {
        if (current == null && begun < parts.size()) {
            lastName = parts.get(begun).name();
            current = parts.get(begun).begin();
            starts[begun++] = offset;
        }
        return current;
    }

    private void end(Source part) {
        if (starts[begun - 1] == offset) {
            starts[begun - 1] = EMPTY;
        }
        sizeRead += Math.max(0, part.size());
        part.close();
        current = null;
    }

    /** Returns how many bytes of the parts have been read, before unpacking. */
    long position() {
        return sizeRead + (current == null ? 0 : current.position());
    }

    /** Returns the name of the part that was read or checked last. */
    String lastName() {
        return lastName;
    }

    /**
     * Finds the lines with which parts begin in a block. Called for all blocks in their order.
     *
     * @param linesBeforeBlock number of terminators before the block
     */
    void locate(Block block, long linesBeforeBlock) {
        while (located < begun && starts[located] < block.offset + block.length) {
            // Every part with bytes begins behind a terminator.
            int newline =
                    Arrays.binarySearch(block.newlines, 0, block.newlineCount, (int) (starts[located] - block.offset));
            linesBefore[located++] = linesBeforeBlock + (newline < 0 ? -newline - 1 : newline);
        }
        terminators = linesBeforeBlock + block.newlineCount;
    }

    /** Returns the parts, after all bytes have been read and located. */
    List<Manifest.Part> files() {
        Manifest.Part[] files = new Manifest.Part[parts.size()];
        long next = terminators + (lastByte == '\n' ? 1 : 2);
        for (int i = files.length - 1; i >= 0; i--) {
            next = starts[i] == EMPTY ? next : linesBefore[i] + 1;
            files[i] = new Manifest.Part(parts.get(i).name(), next);
        }
        return List.of(files);
    }

    void checkUnchanged() throws IOException {
        for (Piece part : parts) {
            lastName = part.name();
            part.requireUnchanged();
        }
    }

    @Override
    public void close() {
        parts.forEach(Piece::close);
        if (current != null) {
            current.close();
        }
    }
}
