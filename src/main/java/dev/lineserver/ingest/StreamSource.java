package dev.lineserver.ingest;

import java.io.IOException;
import java.io.InputStream;

import io.airlift.compress.v3.MalformedInputException;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.ControlCharacters;

/** A source that is read from its first byte to its last: a pipe, or a file that is unpacked while it is read. */
final class StreamSource extends Source {
    private final Compression compression;
    private final InputStream unpacked;
    private final @Nullable OpenFile packed;
    private long bytesRead;

    /**
     * @param bytes closed with this source unless they are standard input
     * @param packed the file that the bytes come from; null if they come from a pipe
     * @param file names {@code packed} to other processes; null if nothing does
     */
    StreamSource(
            String name,
            Compression compression,
            InputStream bytes,
            @Nullable OpenFile packed,
            @Nullable SourceFile file) {
        super(name, packed, file);
        this.compression = compression;
        this.packed = packed;
        unpacked = compression.unpack(bytes);
    }

    @Override
    void announce(Progress progress) {
        if (compression != Compression.NONE) {
            progress.note(ControlCharacters.escape(SourceException.described(name())) + " is " + compression
                    + "-compressed: unpacking");
        }
    }

    @Override
    long position() {
        try {
            return packed == null ? bytesRead : packed.channel().position();
        } catch (IOException closed) {
            return size();
        }
    }

    @Override
    boolean next(Block block) throws IOException {
        block.offset = bytesRead;
        try {
            block.length = unpacked.readNBytes(block.bytes, 0, block.bytes.length);
        } catch (MalformedInputException | IllegalStateException | IndexOutOfBoundsException e) {
            throw new IOException("its zstd data is damaged (" + e.getMessage() + "); fetch it again", e);
        }
        bytesRead += block.length;
        return block.length > 0;
    }

    @Override
    void load(Block block) {
        // next() has read the bytes.
    }

    @Override
    public void close() {
        super.close();
        try {
            if (!name().equals(STDIN)) {
                unpacked.close();
            }
        } catch (IOException e) {
            // The stream was only read: nothing is lost.
        }
    }
}
