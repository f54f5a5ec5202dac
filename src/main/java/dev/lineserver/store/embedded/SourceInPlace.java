package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.FileStamp;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.RegularFile;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.embedded.CompressedBlocks.DamagedBlockException;

/**
 * A source whose lines stay in place. It belongs to its user: any program may write to it or replace it at any time. It has one
 * of three states, which follow from its {@link FileStamp}:
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
 * <p>{@link #check} is the only method that changes fields: it detects another stamp, reads the whole file, and accepts or
 * refuses the stamp.
 */
final class SourceInPlace extends LinesFile {
    private static final String OTHER_CONTENT = "its content is different";

    private final BlockDigests blocks;
    /** The stamp of a file that was found to have other bytes. */
    private volatile @Nullable FileStamp refusedStamp;

    /** @param stamp the stamp that the file had when it was ingested */
    SourceInPlace(Manifest manifest, Path path, FileStamp stamp, BlockDigests blocks) throws StoreUnavailableException {
        super(manifest, path, null, stamp);
        this.blocks = blocks;
    }

    @Override
    void checkOpened() throws StoreUnavailableException {
        if (!requireUnchanged().equals(openFile.stamp())) {
            // Lookups work at once, with verified reads, while the background check reads the whole file.
            markInDoubt();
        }
    }

    @Override
    boolean isInPlace() {
        return true;
    }

    @Override
    boolean isInDoubt() {
        return openFile.stamp() == null;
    }

    private void markInDoubt() {
        openFile = new OpenFile(openFile.channel(), null);
    }

    @Override
    byte[] readVerified(long position, int length) throws StoreUnavailableException {
        FileStamp _ = requireUnchanged();
        byte[] bytes = blocks.read(position, length, this::readInPlace);
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

    @Override
    void check() throws StoreUnavailableException {
        FileStamp now = requireUnchanged();
        if (!now.equals(openFile.stamp())) {
            // Before the long read, so that lookups do not waste a read and a validation each.
            markInDoubt();
            try {
                resolveDoubt(now);
            } catch (IOException e) {
                throw unreadable(e);
            }
        }
    }

    private void resolveDoubt(FileStamp now) throws IOException, StoreUnavailableException {
        // A new channel: an interrupt of this thread closes it, and the path may lead to another file by now.
        FileChannel channel = RegularFile.open(path, StandardOpenOption.READ);
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
     * Accepts a stamp, with the channel through which the file was read. Mutually exclusive with {@link #close}, so that no new
     * channel stays open.
     *
     * @return the channel that the caller must close: the previous one, or the new one if this file was closed
     *     meanwhile
     */
    private synchronized FileChannel replaceOpenFile(OpenFile untouched) {
        FileChannel previous = openFile.channel();
        if (!previous.isOpen()) {
            return untouched.channel();
        }
        openFile = untouched;
        return previous;
    }

    private boolean isIngested(FileChannel channel) throws IOException {
        return blocks.<IOException>areThoseOf((position, block) -> readFully(channel, position, block));
    }

    @Override
    long equalUntil(LinesFile other, long position) {
        return other instanceof SourceInPlace that ? blocks.equalUntil(that.blocks, position) : position;
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
}
