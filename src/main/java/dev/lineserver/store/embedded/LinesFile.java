package dev.lineserver.store.embedded;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.FileStamp;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.embedded.CompressedBlocks.DamagedBlockException;

import static java.util.Objects.requireNonNull;

/**
 * The open file that holds a version's bytes.
 *
 * <p>The store's own copy never changes, and stays readable after a newer version has deleted it. A source that stayed
 * in place belongs to its user: any program may write to it or replace it at any time. Such a file has one of three
 * states, which follow from its {@link FileStamp}:
 *
 * <pre>
 *              another stamp             check: other bytes
 * untouched ──────────────────► in doubt ──────────────────► changed
 *     ▲      check: same bytes   │    ▲      another stamp      │
 *     └──────────────────────────┘    └─────────────────────────┘
 *
 * any state ──── another size ────► changed ──── the size of the ingest ────► in doubt
 * </pre>
 *
 * <ul>
 *   <li><i>Untouched</i>: the file has the accepted stamp. An event loop calls {@link #readUnvalidated}, and then
 *       compares {@link #readAttributes} with the accepted stamp before it uses the bytes. If they differ, it discards
 *       the bytes, and the read is repeated as if the file were in doubt.
 *   <li><i>In doubt</i>: the file has another stamp and the same size. A disk thread calls {@link #readVerified}, which
 *       compares the digest of each block it reads.
 *   <li><i>Changed</i>: the file has another size, or the stamp of a file that was found to have other bytes. Reads
 *       fail.
 * </ul>
 *
 * <p>One background thread calls {@link #check}, the only method that changes fields: it detects another stamp, reads
 * the whole file, and accepts or refuses the stamp. All other methods may be called by any thread.
 */
final class LinesFile implements AutoCloseable {
    private static final String OTHER_CONTENT = "its content is different";

    private final Manifest manifest;
    private final Path path;
    /** Null for the store's own copy. */
    private final @Nullable BlockDigests blocks;
    /** Null unless the store's own copy is compressed. */
    private final @Nullable CompressedBlocks compressed;
    /** The size that the file must have, in bytes. */
    private final long size;

    private volatile OpenFile openFile;
    /** The stamp of a file that was found to have other bytes. */
    private volatile @Nullable FileStamp refusedStamp;

    private LinesFile(
            Manifest manifest,
            Path path,
            @Nullable BlockDigests blocks,
            @Nullable CompressedBlocks compressed,
            OpenFile openFile) {
        this.manifest = manifest;
        this.path = path;
        this.blocks = blocks;
        this.compressed = compressed;
        this.size = compressed == null ? manifest.byteCount() : compressed.fileBytes();
        this.openFile = openFile;
    }

    /**
     * The open channel, and the stamp that was accepted for it. Readers obtain both with one volatile read.
     *
     * @param channel shared by all readers; an interrupt of a thread that uses it would close it for all of them
     * @param stamp the stamp with which the file is known to have the ingested bytes; null for the store's own copy,
     *     and for a source in doubt
     */
    record OpenFile(FileChannel channel, @Nullable FileStamp stamp) {
        /**
         * Returns true if the file was untouched when its attributes were read, and therefore at all reads before. See
         * {@code src/docs/decisions/005-source-checked-at-every-read.md} for the changes that this does not detect.
         *
         * @param attributes null if they could not be read
         */
        boolean isUntouched(@Nullable BasicFileAttributes attributes) {
            return attributes != null
                    && stamp != null
                    && attributes.size() == stamp.size()
                    && attributes.lastModifiedTime().toInstant().equals(stamp.modifiedAt());
        }
    }

    /**
     * Opens a version's file.
     *
     * @param stamp the stamp that a source in place had when it was ingested; null for the store's own copy
     * @param blocks the digests of such a source; null for the store's own copy
     * @param compressed the blocks of a compressed copy; null for any other file
     */
    static LinesFile open(
            Manifest manifest,
            Path path,
            @Nullable FileStamp stamp,
            @Nullable BlockDigests blocks,
            @Nullable CompressedBlocks compressed)
            throws StoreUnavailableException {
        LinesFile lines;
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            lines = new LinesFile(manifest, path, blocks, compressed, new OpenFile(channel, stamp));
        } catch (IOException e) {
            throw new StoreUnavailableException(
                    IoErrors.message("open " + path, e) + "; restore it, or ingest it again", e);
        }
        try {
            if (blocks == null) {
                lines.check();
            } else if (!lines.requireUnchanged().equals(stamp)) {
                // Lookups work at once, with verified reads, while the background check reads the whole file.
                lines.markInDoubt();
            }
            return lines;
        } catch (StoreUnavailableException e) {
            lines.close();
            throw e;
        }
    }

    /** True if this is a source in place, so that reads must be validated; false for the store's own copy. */
    boolean isInPlace() {
        return blocks != null;
    }

    /** True if callers must use {@link #readVerified}, which takes too long for an event loop. */
    boolean isInDoubt() {
        return blocks != null && openFile.stamp == null;
    }

    /** Returns true if bytes must be read on a disk thread, because unpacking them takes too long for an event loop. */
    boolean isLongRead(long position, int length) {
        return compressed != null && compressed.isLong(position, length);
    }

    /** Returns the number of bytes whose copy from RAM takes as long as a read. */
    int cost(long position, int length) {
        return compressed == null ? length : CompressedBlocks.cost(position, length);
    }

    private void markInDoubt() {
        openFile = new OpenFile(openFile.channel, null);
    }

    /**
     * Fills a buffer from the file. If the file was touched, the bytes may not be those ingested.
     *
     * @return the file that was read; the caller must not use the bytes unless {@link OpenFile#isUntouched} is true for
     *     attributes that were read after this call
     * @throws DamagedBlockException if a block of a compressed copy is damaged; the buffer has the bytes before the block
     */
    OpenFile readUnvalidated(long position, ByteBuffer bytes) throws StoreUnavailableException, DamagedBlockException {
        int start = bytes.position();
        while (true) {
            OpenFile from = openFile;
            try {
                if (compressed == null) {
                    readFully(from.channel, position, bytes);
                } else {
                    compressed.read(from.channel, position, bytes);
                }
                return from;
            } catch (IOException e) {
                if (from.channel.equals(openFile.channel)) {
                    throw unreadable(e);
                }
                // The check has accepted another stamp and closed the channel during this read: read from its
                // successor.
                bytes.position(start);
            }
        }
    }

    /**
     * Reads the attributes that {@link OpenFile#isUntouched} compares; null if this fails. They lack the change time,
     * because reading it takes half as long again. {@link #check} compares it.
     */
    @Nullable
    BasicFileAttributes readAttributes() {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class);
        } catch (IOException unreadable) {
            return null;
        }
    }

    /**
     * Reads bytes of a file in doubt. Reads the blocks that contain them and verifies their digests, so the bytes are
     * those ingested whatever has happened to the file.
     *
     * @throws StoreUnavailableException also if a block has other bytes than those ingested
     */
    byte[] readVerified(long position, int length) throws StoreUnavailableException {
        FileStamp _ = requireUnchanged();
        byte[] bytes = requireNonNull(blocks).read(position, length, this::readInPlace);
        if (bytes == null) {
            throw changed(OTHER_CONTENT);
        }
        return bytes;
    }

    private void readInPlace(long position, ByteBuffer bytes) throws StoreUnavailableException {
        try {
            OpenFile _ = readUnvalidated(position, bytes);
        } catch (DamagedBlockException e) {
            throw new IllegalStateException("a source in place is not compressed", e);
        }
    }

    /**
     * Checks that the file can be read, and updates its state. Reads the whole file if it is in doubt; returns early if
     * the file is closed or the calling thread is interrupted. Called by one background thread at a time.
     *
     * @throws StoreUnavailableException if the file cannot be read, or does not have the ingested bytes
     */
    void check() throws StoreUnavailableException {
        try {
            if (blocks == null) {
                requireSize(openFile.channel.size());
                return;
            }
            FileStamp now = requireUnchanged();
            if (!now.equals(openFile.stamp)) {
                // Before the long read, so that lookups do not waste a read and a validation each.
                markInDoubt();
                resolveDoubt(now);
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private void resolveDoubt(FileStamp now) throws IOException, StoreUnavailableException {
        // A new channel: an interrupt of this thread closes it, and the path may lead to another file by now.
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            boolean ingested = isIngested(channel);
            // The result is valid for this stamp only if nobody has written to the file during the read.
            if (!requireUnchanged().equals(now)) {
                throw changed("a program is writing to it");
            }
            if (!ingested) {
                refusedStamp = now;
                throw changed(OTHER_CONTENT);
            }
            channel = replaceOpenFile(new OpenFile(channel, now));
        } finally {
            channel.close();
        }
    }

    /**
     * Accepts a stamp, with the channel through which the file was read.
     *
     * @return the channel that the caller must close: the previous one, or the new one if this file was closed
     *     meanwhile
     */
    private synchronized FileChannel replaceOpenFile(OpenFile untouched) {
        FileChannel previous = openFile.channel;
        if (!previous.isOpen()) {
            return untouched.channel;
        }
        openFile = untouched;
        return previous;
    }

    private boolean isIngested(FileChannel channel) throws IOException {
        return requireNonNull(blocks).<IOException>areThoseOf((position, block) -> {
            // A close must not wait minutes for the rest of a large file.
            if (!openFile.channel.isOpen()) {
                throw new ClosedChannelException();
            }
            readFully(channel, position, block);
        });
    }

    /**
     * Returns the end of the range of bytes from a position on that two versions have in common, as far as the digests
     * of their blocks tell; the position itself if they do not tell.
     */
    long equalUntil(LinesFile other, long position) {
        return blocks == null || other.blocks == null ? position : blocks.equalUntil(other.blocks, position);
    }

    static void readFully(FileChannel channel, long position, ByteBuffer bytes) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            int count = channel.read(bytes, at);
            if (count < 0) {
                throw new EOFException();
            }
            at += count;
        }
    }

    /** Returns the current stamp of the file; fails if the file is changed. */
    private FileStamp requireUnchanged() throws StoreUnavailableException {
        try {
            FileStamp now = FileStamp.of(path);
            requireSize(now.size());
            if (now.equals(refusedStamp)) {
                throw changed(OTHER_CONTENT);
            }
            return now;
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private void requireSize(long now) throws StoreUnavailableException {
        if (now != size) {
            throw changed("it has " + now + " bytes instead of " + size);
        }
    }

    private StoreUnavailableException changed(String how) {
        return new StoreUnavailableException("the file " + path + " is no longer the one ingested as " + this + ": "
                + how + "; restore it, or ingest it again");
    }

    private StoreUnavailableException unreadable(IOException cause) {
        return new StoreUnavailableException(
                IoErrors.message("read the lines of " + this + " from " + path, cause), cause);
    }

    /** Returns the dataset and version, for messages. */
    @Override
    public String toString() {
        return "dataset " + manifest.dataset() + " version " + manifest.version();
    }

    /** Closes the file. Mutually exclusive with {@link #replaceOpenFile}, so that no new channel stays open. */
    @Override
    public synchronized void close() {
        if (compressed != null) {
            compressed.close();
        }
        try {
            openFile.channel.close();
        } catch (IOException e) {
            System.getLogger(LinesFile.class.getName())
                    .log(System.Logger.Level.WARNING, "the file " + path + " could not be closed", e);
        }
    }
}
