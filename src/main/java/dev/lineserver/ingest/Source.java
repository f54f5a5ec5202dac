package dev.lineserver.ingest;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

import io.airlift.compress.v3.MalformedInputException;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;
import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.FileStamp;

/**
 * A content to be stored or compared, read block by block. A plain file is read at the positions of its blocks, by many
 * threads; a pipe, or a file that is unpacked, from its first byte to its last, by the thread that calls {@link #next}.
 */
public final class Source implements AutoCloseable {
    /** Name of standard input. */
    public static final String STDIN = "-";

    private static final Set<String> PATHS_OF_STDIN = Set.of(STDIN, "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0");
    /**
     * Size of one read. Java reads into a buffer of its own and copies that: 64 KiB of both are still in the processor's
     * cache by then.
     */
    private static final int PIECE_BYTES = 64 << 10;

    private final String name;
    private final Compression compression;
    private final InputStream unpacked;
    private final @Nullable FileChannel channel;
    private final @Nullable SourceFile file;
    private long bytesRead;
    private boolean ended;

    /**
     * @param bytes closed with this source unless they are standard input
     * @param channel of the regular file that the bytes come from; null for a pipe
     * @param file names that file to other processes; null if nothing does
     */
    Source(
            String name,
            Compression compression,
            InputStream bytes,
            @Nullable FileChannel channel,
            @Nullable SourceFile file) {
        this.name = file == null ? name : file.path().toString();
        this.compression = compression;
        this.channel = channel;
        this.file = file;
        unpacked = compression.unpack(bytes);
    }

    /**
     * Opens a source. A gzip or Zstandard file is unpacked while it is read, whatever its name is.
     *
     * @param source path of a file or pipe, or {@link #STDIN}
     * @throws SourceException if it cannot be read; the message says why and what to do
     */
    public static Source open(String source) throws SourceException {
        String name = PATHS_OF_STDIN.contains(source) ? STDIN : source;
        try {
            if (name.equals(STDIN)) {
                return open(STDIN, System.in, null, null);
            }
            Path path = Path.of(name).toAbsolutePath();
            name = path.toString();
            if (Files.isDirectory(path)) {
                throw new SourceException(path + " is a directory; name a file");
            }
            if (!Files.isRegularFile(path)) {
                return open(name, Files.newInputStream(path), null, null);
            }
            FileStamp stamp = FileStamp.of(path);
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return open(name, Channels.newInputStream(channel), channel, stamp);
        } catch (InvalidPathException e) {
            throw new SourceException(
                    "the file name '" + name + "' cannot be expressed in this locale: " + e.getReason()
                            + "; set LC_ALL=C.UTF-8",
                    e);
        } catch (IOException e) {
            throw SourceException.cannotRead(name, e);
        }
    }

    private static Source open(String name, InputStream bytes, @Nullable FileChannel channel, @Nullable FileStamp stamp)
            throws IOException, SourceException {
        try {
            InputStream buffered = new BufferedInputStream(bytes);
            buffered.mark(Compression.HEAD_BYTES);
            byte[] head = buffered.readNBytes(Compression.HEAD_BYTES);
            buffered.reset();
            Compression compression = Compression.of(head);
            Compression promised = Compression.promisedBy(name);
            if (compression == Compression.NONE && promised != Compression.NONE) {
                throw new SourceException(name + " is not " + promised
                        + "-compressed, as its name says; fetch it again, or rename it to have it stored as it is");
            }
            // Files in /proc have more bytes than their size says: they are read as pipes are.
            SourceFile file = stamp != null && head.length == Math.min(stamp.size(), Compression.HEAD_BYTES)
                    ? lasting(Path.of(name), stamp)
                    : null;
            return new Source(name, compression, buffered, channel, file);
        } catch (IOException | SourceException e) {
            if (!name.equals(STDIN)) {
                bytes.close();
            }
            throw e;
        }
    }

    /**
     * A file by a path that means the same to other processes, which {@code /dev/stdin} does not.
     *
     * @return null if the file has none because it was removed or replaced
     */
    private static @Nullable SourceFile lasting(Path path, FileStamp stamp) throws IOException {
        try {
            SourceFile lasting = new SourceFile(path.toRealPath(), stamp);
            requireStamp(lasting);
            return lasting;
        } catch (NoSuchFileException removed) {
            return null;
        }
    }

    private static void requireStamp(SourceFile file) throws IOException {
        if (!FileStamp.of(file.path()).equals(file.stamp())) {
            throw new IOException("it changed while it was read; leave it alone, and try again");
        }
    }

    /** A path, or {@link #STDIN}. */
    public String name() {
        return name;
    }

    /** The regular file that holds the content, as it was when opened; null if there is none with a lasting path. */
    public @Nullable SourceFile file() {
        return file;
    }

    /** True if {@link #file} holds the content as it is, so that the lines can stay there. */
    boolean isInPlace() {
        return file != null && compression == Compression.NONE;
    }

    /** True if the source can be opened and read another time, as a file can. */
    boolean isRepeatable() {
        return channel != null;
    }

    Compression compression() {
        return compression;
    }

    /** Size in bytes, compressed if the source is; negative if unknown. */
    long size() {
        return file == null ? -1 : file.stamp().size();
    }

    /** Number of bytes of {@link #size} read so far. */
    long position() {
        try {
            return channel == null || isInPlace() ? bytesRead : channel.position();
        } catch (IOException closed) {
            return size();
        }
    }

    /**
     * Assigns the next bytes of the source to a block, and for a stream reads them. Called by one thread.
     *
     * @return false at the end of the source
     */
    boolean next(Block block) throws IOException {
        if (ended) {
            return false;
        }
        block.offset = bytesRead;
        try {
            block.length = isInPlace()
                    ? (int) Math.min(Limits.BLOCK_BYTES, size() - bytesRead)
                    : unpacked.readNBytes(block.bytes, 0, block.bytes.length);
        } catch (MalformedInputException | IllegalStateException | IndexOutOfBoundsException e) {
            throw new IOException("its zstd data is damaged (" + e.getMessage() + "); fetch it again", e);
        }
        bytesRead += block.length;
        return block.length > 0;
    }

    /** Ends the source after the blocks that were assigned; for a reader that has seen enough. */
    void end() {
        ended = true;
    }

    /** Reads the bytes of a block that {@link #next} has not read. Called by many threads. */
    void load(Block block) throws IOException {
        if (channel == null || !isInPlace()) {
            return;
        }
        ByteBuffer buffer = ByteBuffer.wrap(block.bytes);
        while (buffer.position() < block.length) {
            buffer.limit(Math.min(block.length, buffer.position() + PIECE_BYTES));
            if (channel.read(buffer, block.offset + buffer.position()) < 0) {
                throw new IOException("it has become shorter; leave it alone, and try again");
            }
        }
    }

    /**
     * Checks, once all was read, that the source was not written to or replaced meanwhile.
     *
     * @throws IOException if it was
     */
    void checkUnchanged() throws IOException {
        if (file != null) {
            requireStamp(file);
        }
    }

    @Override
    public void close() {
        try {
            if (!name.equals(STDIN)) {
                unpacked.close();
            }
        } catch (IOException e) {
            // The source was only read: nothing is lost.
        }
    }
}
