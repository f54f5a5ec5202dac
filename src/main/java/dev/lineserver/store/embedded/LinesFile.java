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
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
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
 * <p>{@link #check}, called in the background, leads out of doubt: it digests the whole file, and accepts or refuses its
 * stamp. The flag {@link #inDoubt} only selects the way of reading: both are safe in every state.
 */
final class LinesFile implements AutoCloseable {
    private final Path path;
    private final Manifest manifest;
    private final long size;
    /** Null for the store's own copy. */
    private final @Nullable BlockDigests blocks;

    private volatile Opened opened;
    private volatile boolean inDoubt;
    private volatile @Nullable FileStamp refused;
    private volatile boolean closed;

    private LinesFile(ManifestFile file, Path path, @Nullable BlockDigests blocks, FileChannel channel) {
        this.path = path;
        this.blocks = blocks;
        manifest = file.manifest();
        size = file.lines().stamp().size();
        opened = new Opened(channel, file.lines().stamp());
    }

    /** The open file, and its stamp while its bytes were known to be those ingested. */
    record Opened(FileChannel channel, FileStamp stamp) {
        /** @param now null if the file could not be looked at */
        boolean isUntouched(@Nullable BasicFileAttributes now) {
            return now != null
                    && now.size() == stamp.size()
                    && now.lastModifiedTime().toInstant().equals(stamp.modifiedAt());
        }
    }

    /**
     * Opens a version's file.
     *
     * @param blocks of a source that stayed in place; null for the store's own copy
     */
    static LinesFile open(ManifestFile file, Path path, @Nullable BlockDigests blocks)
            throws StoreUnavailableException {
        LinesFile lines;
        try {
            lines = new LinesFile(file, path, blocks, FileChannel.open(path, StandardOpenOption.READ));
        } catch (IOException e) {
            throw new StoreUnavailableException(
                    IoErrors.message("open " + path, e) + "; bring it back, or ingest it again", e);
        }
        try {
            lines.lookForDoubt();
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
        return inDoubt;
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
                if (from.equals(opened)) {
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
        BlockDigests digests = Objects.requireNonNull(blocks);
        inDoubt = true;
        FileStamp _ = stamp();
        byte[] bytes = new byte[length];
        byte[] block = new byte[Limits.BLOCK_BYTES];
        long end = position + length;
        for (long at = position - position % Limits.BLOCK_BYTES; at < end; at += Limits.BLOCK_BYTES) {
            int blockLength = (int) Math.min(Limits.BLOCK_BYTES, size - at);
            read(at, block, blockLength);
            if (!digests.matches(at / Limits.BLOCK_BYTES, block, blockLength)) {
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
        lookForDoubt();
        if (inDoubt) {
            try {
                resolveDoubt(stamp());
            } catch (IOException e) {
                throw unreadable(e);
            }
        }
    }

    private void lookForDoubt() throws StoreUnavailableException {
        try {
            if (blocks == null) {
                requireSize(opened.channel.size());
            } else {
                inDoubt = !stamp().equals(opened.stamp);
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private void resolveDoubt(FileStamp now) throws IOException, StoreUnavailableException {
        // A channel of its own: an interrupt closes it, and the path may lead to another file by now.
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            ContentDigest digest = digest(channel);
            if (!stamp().equals(now)) {
                throw changed("it is being written to");
            }
            if (!digest.equals(manifest.content().digest())) {
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
        if (closed) {
            return untouched.channel;
        }
        opened = untouched;
        inDoubt = false;
        return before;
    }

    private ContentDigest digest(FileChannel channel) throws IOException {
        ContentDigest.Tree tree = new ContentDigest.Tree();
        byte[] block = new byte[Limits.BLOCK_BYTES];
        long[] digest = new long[2];
        for (long at = 0; at < size; at += block.length) {
            if (closed) {
                throw new ClosedChannelException();
            }
            int length = (int) Math.min(block.length, size - at);
            readFully(channel, at, block, length);
            ContentDigest.hashBlock(block, length, digest);
            tree.add(digest);
        }
        return tree.digest();
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
        if (now != size) {
            throw changed("it has " + now + " bytes, and had " + size);
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
        closed = true;
        try {
            opened.channel.close();
        } catch (IOException e) {
            System.getLogger(LinesFile.class.getName())
                    .log(System.Logger.Level.WARNING, "a file of lines could not be closed", e);
        }
    }
}
