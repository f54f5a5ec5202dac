package dev.lineserver.store.embedded;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.RegularFile;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.embedded.CompressedBlocks.DamagedBlockException;

/**
 * The open file that holds a version's bytes: the store's own copy, which may be compressed, or a {@link SourceInPlace}. The copy
 * never changes, and stays readable after a newer version has deleted it.
 *
 * <p>One background thread calls {@link #check}. All other methods may be called by any thread.
 */
sealed class LinesFile implements AutoCloseable permits SourceInPlace {
    private final Manifest manifest;
    final Path path;
    /** Null unless the store's own copy is compressed. */
    private final @Nullable CompressedBlocks compressed;
    /** The size that the file must have, in bytes. */
    private final long size;

    /** {@link SourceInPlace} replaces it. */
    volatile OpenFile openFile;

    /** @param stamp see {@link OpenFile#stamp} */
    LinesFile(Manifest manifest, Path path, @Nullable CompressedBlocks compressed, @Nullable FileStamp stamp)
            throws StoreUnavailableException {
        this.manifest = manifest;
        this.path = path;
        this.compressed = compressed;
        this.size = compressed == null ? manifest.byteCount() : compressed.fileBytes();
        try {
            this.openFile = new OpenFile(RegularFile.open(path, StandardOpenOption.READ), stamp);
        } catch (IOException e) {
            throw new StoreUnavailableException(IoErrors.message("open " + path, e) + "; " + remedy(), e);
        }
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
        LinesFile lines = stamp == null || blocks == null
                ? new LinesFile(manifest, path, compressed, null)
                : new SourceInPlace(manifest, path, stamp, blocks);
        try {
            lines.checkOpened();
            return lines;
        } catch (StoreUnavailableException e) {
            lines.close();
            throw e;
        }
    }

    /** Makes the checks of {@link #check} that take no longer than opening the file. */
    void checkOpened() throws StoreUnavailableException {
        check();
    }

    /** True if this is a source in place, so that reads must be validated; false for the store's own copy. */
    boolean isInPlace() {
        return false;
    }

    /** True if callers must use {@link #readVerified}, which takes too long for an event loop. */
    boolean isInDoubt() {
        return false;
    }

    /** Returns true if bytes must be read on a disk thread, because unpacking them takes too long for an event loop. */
    final boolean isLongRead(long position, int length) {
        return compressed != null && compressed.isLong(position, length);
    }

    /** Returns the number of bytes whose copy from RAM takes as long as a read. */
    final int cost(long position, int length) {
        return compressed == null ? length : CompressedBlocks.cost(position, length);
    }

    /**
     * Fills a buffer from the file. If the file was touched, the bytes may not be those ingested.
     *
     * @return the file that was read; the caller must not use the bytes unless {@link OpenFile#isUntouched} is true for
     *     attributes that were read after this call
     * @throws DamagedBlockException if a block of a compressed copy is damaged; the buffer has the bytes before the block
     */
    final OpenFile readUnvalidated(long position, ByteBuffer bytes)
            throws StoreUnavailableException, DamagedBlockException {
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
    final BasicFileAttributes readAttributes() {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class);
        } catch (IOException unreadable) {
            return null;
        }
    }

    /**
     * Reads bytes of a source in doubt. Reads the blocks that contain them and verifies their digests, so the bytes are
     * those ingested whatever has happened to the file.
     *
     * @throws StoreUnavailableException also if a block has other bytes than those ingested
     */
    byte[] readVerified(long position, int length) throws StoreUnavailableException {
        throw new IllegalStateException("the store's own copy is never in doubt");
    }

    /**
     * Checks that the file can be read, and updates its state. Reads the whole file if it is in doubt; returns early if
     * the file is closed or the calling thread is interrupted. Called by one background thread at a time.
     *
     * @throws StoreUnavailableException if the file cannot be read, or does not have the ingested bytes
     */
    void check() throws StoreUnavailableException {
        try {
            requireSize(openFile.channel.size());
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * Returns the end of the range of bytes from a position on that two versions have in common, as far as the digests
     * of their blocks tell; the position itself if they do not tell.
     */
    long equalUntil(LinesFile other, long position) {
        return position;
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

    final void requireSize(long now) throws StoreUnavailableException {
        if (now != size) {
            throw changed("it has " + now + " bytes instead of " + size);
        }
    }

    final StoreUnavailableException changed(String how) {
        return new StoreUnavailableException("the file " + path + " is no longer the one ingested as "
                + manifest.versionName() + ": " + how + "; " + remedy());
    }

    private String remedy() {
        return "restore it, or ingest " + (isInPlace() ? "it" : ControlCharacters.escape(manifest.sourceName()))
                + " again";
    }

    final StoreUnavailableException unreadable(IOException cause) {
        return new StoreUnavailableException(
                IoErrors.message("read the lines of " + manifest.versionName() + " from " + path, cause), cause);
    }

    @Override
    public final synchronized void close() {
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
