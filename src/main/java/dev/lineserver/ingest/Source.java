package dev.lineserver.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;
import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.Manifest;

/**
 * A source of lines, read block by block. {@link SourceReader} assigns ranges of bytes to blocks on one thread with
 * {@link #assign}, and fills the blocks on several threads with {@link #load}:
 *
 * <pre>
 * source                     assign            load
 * plain file                 sets the range    reads the range at its position
 * pipe, or compressed file   reads the bytes   does nothing
 * </pre>
 *
 * <p>{@link #checkUnchanged} must follow the last block: a plain file is not locked, and another program may have
 * written to it. All methods except {@link #load} are called by one thread.
 */
public sealed class Source implements AutoCloseable permits JoinedSource {
    /** Name of standard input. */
    public static final String STDIN = "-";

    /**
     * Size of one read, in bytes. Java reads into an internal buffer and copies it to the array; at 64 KiB, both fit
     * into a core's nearer caches.
     */
    private static final int READ_BYTES = 64 << 10;

    private final String name;
    private final Compression compression;
    private final InputStream unpacked;
    private final @Nullable FileChannel channel;
    private final @Nullable SourceFile file;
    /** Number of bytes assigned to blocks, unpacked. */
    private long bytesAssigned;

    /** The end of the bytes that are assigned, if it comes before that of the source. */
    private long end = Long.MAX_VALUE;

    private boolean stopped;

    /**
     * @param unpacked the content; closed with this source unless it comes from standard input
     * @param channel the open regular file that the bytes come from; null for a pipe
     * @param file the same file by a path that other processes can open; null if it has none
     */
    Source(
            String name,
            Compression compression,
            InputStream unpacked,
            @Nullable FileChannel channel,
            @Nullable SourceFile file) {
        this.name = file == null ? name : file.path().toString();
        this.compression = compression;
        this.channel = channel;
        this.file = file;
        this.unpacked = unpacked;
    }

    /**
     * Opens a source. A source that begins as a compressed file is unpacked while it is read.
     *
     * @param source path of a file or pipe, or {@link #STDIN}
     * @throws SourceException if the source cannot be read; the message names the reason and the remedy
     * @throws InterruptedException if this thread was interrupted while it waited for the writer of a pipe
     */
    public static Source open(String source) throws SourceException, InterruptedException {
        return SourceOpening.open(source);
    }

    /**
     * Opens the only one of several sources, or all of them as a {@link JoinedSource}.
     *
     * @param sources at least one
     */
    public static Source open(List<String> sources) throws SourceException, InterruptedException {
        return sources.size() == 1 ? open(sources.getFirst()) : JoinedSource.join(sources);
    }

    /** Returns the absolute path of the source, or {@link #STDIN}. */
    public String name() {
        return name;
    }

    /**
     * Returns the regular file that the content comes from, as it was when opened; null if other processes cannot open
     * it.
     */
    public @Nullable SourceFile file() {
        return file;
    }

    /** True if {@link #file} holds the content byte for byte, so that the lines can stay in it. */
    boolean isPlainFile() {
        return file != null && compression == Compression.NONE;
    }

    /** True if the source can be opened and read a second time. */
    boolean isRepeatable() {
        return channel != null;
    }

    Compression compression() {
        return compression;
    }

    /** Returns the unpacked bytes, for a caller that assigns no blocks. */
    InputStream content() {
        return unpacked;
    }

    /** Returns the name of the file that was read last, for a message about a failure. */
    String lastName() {
        return name;
    }

    /** Tells the user that the source is unpacked; empty if it is not compressed. */
    Optional<String> note() {
        return compression == Compression.NONE
                ? Optional.empty()
                : Optional.of(ControlCharacters.escape(SourceException.described(name)) + " is " + compression
                        + "-compressed; unpacking it");
    }

    /**
     * Takes notice of a block that was scanned. Called for all blocks in their order.
     *
     * @param linesBefore number of terminators before the block
     */
    void scanned(Block block, long linesBefore) {}

    /** Returns the files of which the source consists, after its last block; none if it is a single one. */
    List<Manifest.Part> files() {
        return List.of();
    }

    /** Returns the size in bytes, before unpacking; negative if unknown. */
    long size() {
        return file == null ? -1 : file.stamp().size();
    }

    /** Returns how many of the {@link #size} bytes have been read. */
    long position() {
        try {
            // A plain file is read at its assigned positions, or as a part of a JoinedSource.
            return channel == null ? bytesAssigned : Math.max(isPlainFile() ? bytesAssigned : 0, channel.position());
        } catch (IOException closed) {
            return size();
        }
    }

    /** Returns the capacity of blocks for this source, in bytes: that of all its bytes if they are few. */
    int blockBytes() {
        return isPlainFile() ? (int) Math.min(Limits.BLOCK_BYTES, size()) : Limits.BLOCK_BYTES;
    }

    /**
     * Assigns the next bytes of the source to a block, and reads them unless the source is a plain file. Called by one
     * thread.
     *
     * @return false at the end of the source
     */
    boolean assign(Block block) throws IOException {
        if (stopped) {
            return false;
        }
        block.offset = bytesAssigned;
        block.length = isPlainFile()
                ? (int) Math.min(Limits.BLOCK_BYTES, Math.min(size(), end) - bytesAssigned)
                : unpacked.readNBytes(block.bytes, 0, block.bytes.length);
        bytesAssigned += block.length;
        return block.length > 0;
    }

    /** Ends the source after the blocks assigned so far. A comparison stops a source at the first difference. */
    void stop() {
        stopped = true;
    }

    /**
     * Assigns a range of a plain file next, and then nothing more.
     *
     * @param from offset of the first byte
     * @param to offset after the last byte; may lie beyond the end of the file
     */
    void select(long from, long to) {
        bytesAssigned = from;
        end = to;
    }

    /** Fills a block of a plain file. Called by several threads at once. */
    void load(Block block) throws IOException {
        if (channel == null || !isPlainFile()) {
            return;
        }
        ByteBuffer buffer = ByteBuffer.wrap(block.bytes);
        while (buffer.position() < block.length) {
            buffer.limit(Math.min(block.length, buffer.position() + READ_BYTES));
            if (channel.read(buffer, block.offset + buffer.position()) < 0) {
                throw new IOException("it became shorter while it was read; try again when no program writes to it");
            }
        }
    }

    /**
     * Checks that nobody has written to the source or replaced it since it was opened. Called after the last block.
     *
     * @throws IOException if somebody has
     */
    void checkUnchanged() throws IOException {
        if (file != null) {
            requireStamp(file);
        }
    }

    /** @throws IOException if the file is not the one that was opened, or somebody has written to it */
    static void requireStamp(SourceFile file) throws IOException {
        if (!FileStamp.of(file.path()).equals(file.stamp())) {
            throw new IOException("it changed while it was read; try again when no program writes to it");
        }
    }

    @Override
    public void close() {
        try {
            if (!name.equals(STDIN)) {
                unpacked.close();
            }
        } catch (IOException e) {
            // Nothing was written to the source, so nothing is lost.
        }
    }
}
