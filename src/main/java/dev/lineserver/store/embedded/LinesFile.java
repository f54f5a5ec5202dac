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
 * stayed in place belongs to others, who may write to it or replace it at any time. Its {@link FileStamp} decides how it is
 * read:
 *
 * <table>
 * <tr><th>state</th><th>stamp</th><th>reads</th></tr>
 * <tr><td>untouched</td><td>the accepted one</td><td>{@link #read}, then {@link #look}: the bytes are handed over only if
 *     the file was still untouched after they were read</td></tr>
 * <tr><td>in doubt</td><td>another one, the same size</td><td>{@link #readInDoubt} checks the digests of all blocks that it
 *     touches</td></tr>
 * <tr><td>changed</td><td>another size, or that of a file found to have other bytes</td><td>are refused</td></tr>
 * </table>
 *
 * <p>{@link #check}, called in the background, leads out of doubt: it digests the whole file, and accepts its stamp or
 * refuses it. The flag {@link #inDoubt} only selects the way of reading: both are safe in every state.
 */
final class LinesFile implements AutoCloseable {
    private final Path path;
    private final Manifest manifest;
    private final boolean inPlace;
    private final long size;
    private final @Nullable BlockDigests blocks;
    private volatile Opened opened;
    private volatile boolean inDoubt;
    private volatile @Nullable FileStamp refused;
    private volatile boolean closed;

    private LinesFile(ManifestFile file, Path path, @Nullable BlockDigests blocks, FileChannel channel) {
        this.path = path;
        this.blocks = blocks;
        manifest = file.manifest();
        inPlace = file.inPlace();
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

    /** Opens a version's file. Reads all of it only if it is in doubt and there are no block digests. */
    static LinesFile open(ManifestFile file, Path versionDirectory) throws StoreUnavailableException {
        Path path = versionDirectory.resolve(file.lines().path());
        Path blocksFile = versionDirectory.resolve(DatasetDirectory.BLOCKS);
        BlockDigests blocks = BlockDigests.read(blocksFile, file.manifest().content());
        LinesFile lines;
        try {
            lines = new LinesFile(file, path, blocks, FileChannel.open(path, StandardOpenOption.READ));
        } catch (IOException e) {
            String advice = "; bring it back, or ingest it again";
            throw new StoreUnavailableException(IoErrors.message("open " + path, e) + advice, e);
        }
        try {
            if (lines.inPlace && blocks != null) {
                lines.inDoubt = !lines.stamp().equals(lines.opened.stamp);
            } else {
                lines.check();
            }
            return lines;
        } catch (StoreUnavailableException e) {
            lines.close();
            throw e;
        }
    }

    boolean isInPlace() {
        return inPlace;
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
                if (from == opened) {
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
        inDoubt = true;
        requireNotRefused(stamp());
        if (blocks == null) {
            throw new StoreUnavailableException("the file " + path + " was touched after it was ingested as " + this
                    + ", and is being compared with it: try again later");
        }
        byte[] bytes = new byte[length];
        byte[] block = new byte[Limits.BLOCK_BYTES];
        long end = position + length;
        for (long at = position - position % Limits.BLOCK_BYTES; at < end; at += Limits.BLOCK_BYTES) {
            int blockLength = (int) Math.min(Limits.BLOCK_BYTES, size - at);
            read(at, block, blockLength);
            if (!blocks.matches(at / Limits.BLOCK_BYTES, block, blockLength)) {
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
            if (!inPlace) {
                requireSize(opened.channel.size());
                return;
            }
            FileStamp now = stamp();
            inDoubt = !now.equals(opened.stamp);
            requireNotRefused(now);
            if (inDoubt) {
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
            ContentDigest digest = digest(channel);
            if (!stamp().equals(now)) {
                throw changed("it is being written to");
            }
            refused = digest.equals(manifest.content().digest()) ? null : now;
            requireNotRefused(now);
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

    private FileStamp stamp() throws StoreUnavailableException {
        try {
            FileStamp now = FileStamp.of(path);
            requireSize(now.size());
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

    private void requireNotRefused(FileStamp now) throws StoreUnavailableException {
        if (now.equals(refused)) {
            throw changed("its content is another");
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
