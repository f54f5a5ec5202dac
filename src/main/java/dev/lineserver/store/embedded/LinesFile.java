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

import dev.lineserver.line.Limits;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreUnavailableException;

/**
 * The file that holds a version's bytes.
 *
 * <p>The store's own copy is changed by nobody, and can be read even after a newer version has removed it. A source that
 * stayed in place belongs to others, who may write to it or replace it at any time. By its {@link FileStamp} it is
 *
 * <ul>
 *   <li><i>untouched</i>, with the accepted stamp: {@link #read} is fast, and its bytes are handed over if a {@link #look}
 *       after it finds the file still untouched;
 *   <li><i>in doubt</i>, with another stamp of the same size: {@link #readInDoubt} checks the digest of each block it reads;
 *   <li><i>changed</i>, with another size, or the stamp of a file found to have other bytes: it is refused.
 * </ul>
 *
 * <p>{@link #check}, called in the background, leads out of doubt: it reads the whole file, and accepts or refuses its
 * stamp.
 */
final class LinesFile implements AutoCloseable {
    private final Manifest manifest;
    private final Path path;
    /** Null for the store's own copy. */
    private final @Nullable BlockDigests blocks;

    private volatile Opened opened;
    private volatile @Nullable FileStamp refused;

    private LinesFile(Manifest manifest, Path path, @Nullable BlockDigests blocks, Opened opened) {
        this.manifest = manifest;
        this.path = path;
        this.blocks = blocks;
        this.opened = opened;
    }

    /**
     * The open file.
     *
     * @param stamp with which its bytes were known to be those ingested; null for a copy, and for a source in doubt
     */
    record Opened(FileChannel channel, @Nullable FileStamp stamp) {
        /** @param now null if the file could not be looked at */
        boolean isUntouched(@Nullable BasicFileAttributes now) {
            return now != null
                    && stamp != null
                    && now.size() == stamp.size()
                    && now.lastModifiedTime().toInstant().equals(stamp.modifiedAt());
        }
    }

    /**
     * Opens a version's file.
     *
     * @param stamp of a source that stayed in place when it was read; null for the store's own copy
     * @param blocks of such a source; null for the store's own copy
     */
    static LinesFile open(Manifest manifest, Path path, @Nullable FileStamp stamp, @Nullable BlockDigests blocks)
            throws StoreUnavailableException {
        LinesFile lines;
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            lines = new LinesFile(manifest, path, blocks, new Opened(channel, stamp));
        } catch (IOException e) {
            throw new StoreUnavailableException(
                    IoErrors.message("open " + path, e) + "; bring it back, or ingest it again", e);
        }
        try {
            if (blocks == null) {
                lines.check();
            } else if (!lines.stamp().equals(stamp)) {
                lines.doubt();
            }
            return lines;
        } catch (StoreUnavailableException e) {
            lines.close();
            throw e;
        }
    }

    boolean isInPlace() {
        return blocks != null;
    }

    /** Whether to use {@link #readInDoubt}, which takes too long for an event loop. */
    boolean isInDoubt() {
        return blocks != null && opened.stamp == null;
    }

    private void doubt() {
        opened = new Opened(opened.channel, null);
    }

    /**
     * Fills an array, with other bytes than those ingested if the file was touched.
     *
     * @return the open file that was read, for {@link Opened#isUntouched}
     */
    Opened read(long position, byte[] bytes, int length) throws StoreUnavailableException {
        while (true) {
            Opened from = opened;
            try {
                readFully(from.channel, position, bytes, length);
                return from;
            } catch (IOException e) {
                if (from.channel.equals(opened.channel)) {
                    throw unreadable(e);
                }
                // The check has accepted another stamp meanwhile, and replaced the channel.
            }
        }
    }

    /** The file as it is now, without its change time, which takes half as long again; null if it cannot be read. */
    @Nullable
    BasicFileAttributes look() {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class);
        } catch (IOException unreadable) {
            return null;
        }
    }

    /** Reads bytes of a file in doubt; fails if a block that they are in has other bytes than those ingested. */
    byte[] readInDoubt(long position, int length) throws StoreUnavailableException {
        FileStamp _ = stamp();
        byte[] bytes = new byte[length];
        byte[] block = new byte[Limits.BLOCK_BYTES];
        long end = position + length;
        for (long at = position - position % block.length; at < end; at += block.length) {
            int blockLength = blockLength(at);
            read(at, block, blockLength);
            if (!isIngested(at, block, blockLength)) {
                throw changed("its content is another");
            }
            long from = Math.max(position, at);
            int count = (int) (Math.min(end, at + blockLength) - from);
            System.arraycopy(block, (int) (from - at), bytes, (int) (from - position), count);
        }
        return bytes;
    }

    /**
     * Checks that the file can be read. Reads all of it if it is in doubt, until it is closed or the thread interrupted.
     *
     * @throws StoreUnavailableException if it cannot, or no longer has the bytes that were ingested
     */
    void check() throws StoreUnavailableException {
        try {
            if (blocks == null) {
                requireSize(opened.channel.size());
                return;
            }
            FileStamp now = stamp();
            if (!now.equals(opened.stamp)) {
                doubt();
                resolveDoubt(now);
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private void resolveDoubt(FileStamp now) throws IOException, StoreUnavailableException {
        // A channel of its own: an interrupt closes it, and the path may lead to another file by now.
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            boolean ingested = isIngested(channel);
            if (!stamp().equals(now)) {
                throw changed("it is being written to");
            }
            if (!ingested) {
                refused = now;
                throw changed("its content is another");
            }
            channel = replaceOpened(new Opened(channel, now));
        } finally {
            channel.close();
        }
    }

    /** @return the channel that is no longer needed */
    private synchronized FileChannel replaceOpened(Opened untouched) {
        FileChannel before = opened.channel;
        if (!before.isOpen()) {
            return untouched.channel;
        }
        opened = untouched;
        return before;
    }

    private boolean isIngested(FileChannel channel) throws IOException {
        byte[] block = new byte[Limits.BLOCK_BYTES];
        boolean ingested = true;
        for (long at = 0; ingested && at < manifest.byteCount(); at += block.length) {
            if (!opened.channel.isOpen()) {
                throw new ClosedChannelException();
            }
            readFully(channel, at, block, blockLength(at));
            ingested = isIngested(at, block, blockLength(at));
        }
        return ingested;
    }

    private boolean isIngested(long at, byte[] block, int length) {
        return blocks != null && blocks.matches(at / Limits.BLOCK_BYTES, block, length);
    }

    private int blockLength(long at) {
        return (int) Math.min(Limits.BLOCK_BYTES, manifest.byteCount() - at);
    }

    private static void readFully(FileChannel channel, long position, byte[] bytes, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException();
            }
        }
    }

    /** The file's present stamp; fails if the file is changed. */
    private FileStamp stamp() throws StoreUnavailableException {
        try {
            FileStamp now = FileStamp.of(path);
            requireSize(now.size());
            if (now.equals(refused)) {
                throw changed("its content is another");
            }
            return now;
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private void requireSize(long now) throws StoreUnavailableException {
        if (now != manifest.byteCount()) {
            throw changed("it has " + now + " bytes, and had " + manifest.byteCount());
        }
    }

    private StoreUnavailableException changed(String how) {
        return new StoreUnavailableException("the file " + path + " is no longer the one ingested as " + this + ": "
                + how + "; bring it back as it was, or ingest it again");
    }

    private StoreUnavailableException unreadable(IOException cause) {
        return new StoreUnavailableException(
                IoErrors.message("read the lines of " + this + " from " + path, cause), cause);
    }

    @Override
    public String toString() {
        return "dataset " + manifest.dataset() + " version " + manifest.version();
    }

    @Override
    public synchronized void close() {
        try {
            opened.channel.close();
        } catch (IOException e) {
            System.getLogger(LinesFile.class.getName())
                    .log(System.Logger.Level.WARNING, "a file of lines could not be closed", e);
        }
    }
}
