package dev.lineserver.ingest;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.zstd.ZstdInputStream;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest.SourceFile;

/** Standard input, or a file that is unpacked while it is read. */
final class StreamSource implements Source {
    static final long UNKNOWN_SIZE = -1;
    /** All that tells an early end from a broken disk in the Zstandard decompressor's exceptions. */
    private static final String ZSTD_ENDED_EARLY = "Not enough input bytes";

    private static final int UNPACK_BUFFER_BYTES = 64 << 10;

    private final String name;
    private final InputStream stream;
    private final @Nullable SourceFile file;
    private final @Nullable FileChannel packed;
    private long unpackedBytes;

    StreamSource(String name, InputStream stream, @Nullable SourceFile file, @Nullable FileChannel packed) {
        this.name = name;
        this.stream = stream;
        this.file = file;
        this.packed = packed;
    }

    static StreamSource unpacking(SourceFile file, boolean gzip) throws IOException {
        FileChannel packed = FileChannel.open(file.path(), StandardOpenOption.READ);
        try {
            InputStream bytes = Channels.newInputStream(packed);
            InputStream unpacked = gzip ? new GZIPInputStream(bytes, UNPACK_BUFFER_BYTES) : new ZstdInputStream(bytes);
            return new StreamSource(file.path().toString(), unpacked, file, packed);
        } catch (IOException e) {
            packed.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isPlain() {
        return false;
    }

    @Override
    public @Nullable SourceFile file() {
        return file;
    }

    @Override
    public long size() {
        return file == null ? UNKNOWN_SIZE : file.stamp().size();
    }

    @Override
    public long position() {
        try {
            return packed == null ? unpackedBytes : packed.position();
        } catch (IOException closed) {
            return size();
        }
    }

    @Override
    public boolean next(Block block) throws IOException {
        block.offset = unpackedBytes;
        try {
            block.length = stream.readNBytes(block.bytes, 0, block.bytes.length);
        } catch (MalformedInputException notZstd) {
            throw new IOException(
                    "its compressed data is damaged, or needs a window of over 8 MiB (zstd --long): "
                            + notZstd.getMessage(),
                    notZstd);
        } catch (IOException e) {
            throw ZSTD_ENDED_EARLY.equals(e.getMessage()) ? new EOFException(e.getMessage()) : e;
        }
        unpackedBytes += block.length;
        return block.length > 0;
    }

    @Override
    public void load(Block block) {
        // Its bytes came with its place.
    }

    @Override
    public void checkUnchanged() {
        // What was read is what there was.
    }

    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException readOnlyAndDone) {
            System.getLogger(StreamSource.class.getName())
                    .log(System.Logger.Level.DEBUG, "a source could not be closed", readOnlyAndDone);
        }
    }
}
