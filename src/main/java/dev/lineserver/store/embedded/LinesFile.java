package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * The file that holds a version's bytes, refused as soon as it is not as it was.
 *
 * <p>A source that stayed in place is other people's file. Its size and time are to be looked at after every read, by
 * {@link #refuseIfChanged}: a read is handed over only if the file had not changed by the time it was done. Where only the
 * time differs the digest decides, in {@link #check}, and the new time is accepted. The store's own copy is changed by nobody, and may be removed by a
 * newer version while it is still read from.
 */
final class LinesFile implements AutoCloseable {
    private final Path path;
    private final long size;
    private final ContentDigest digest;
    private final String name;
    private final boolean inPlace;
    private final FileChannel channel;
    private final @Nullable Object fileKey;
    private volatile Instant modifiedAt;

    private LinesFile(ManifestFile file, Path path, FileChannel channel, @Nullable Object fileKey) {
        SourceFile lines = file.lines();
        this.path = path;
        inPlace = file.inPlace();
        size = lines.stamp().size();
        modifiedAt = lines.stamp().modifiedAt();
        digest = file.manifest().content().digest();
        name = "dataset " + file.manifest().dataset() + " version "
                + file.manifest().version();
        this.channel = channel;
        this.fileKey = fileKey;
    }

    static LinesFile open(ManifestFile file, Path versionDirectory) throws StoreUnavailableException {
        Path path = versionDirectory.resolve(file.lines().path());
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return new LinesFile(file, path, channel, key);
        } catch (IOException e) {
            throw new StoreUnavailableException(
                    "the file " + path + ", which holds the lines of dataset "
                            + file.manifest().dataset() + ", cannot be opened: bring it back, or ingest it again",
                    e);
        }
    }

    /**
     * Reads bytes, which may be others than those ingested where the file is in place.
     *
     * @param position in bytes
     * @param length in bytes
     * @throws StoreUnavailableException where the file ends before, or cannot be read
     */
    byte[] read(long position, int length) throws StoreUnavailableException {
        byte[] bytes = new byte[length];
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, position + buffer.position()) < 0) {
                    throw changed("it was cut short");
                }
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
        return bytes;
    }

    /** Whether what was read has still to be looked after, by {@link #refuseIfChanged}. */
    boolean isInPlace() {
        return inPlace;
    }

    /**
     * Looks at the file as it is now.
     *
     * @throws StoreUnavailableException where it is not as it was, so that nothing read from it before may be handed over
     */
    void refuseIfChanged() throws StoreUnavailableException {
        try {
            BasicFileAttributes now = attributes();
            if (now.size() != size || !now.lastModifiedTime().toInstant().equals(modifiedAt)) {
                throw changed("it was written to");
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Looks at the file as it is now, and at its content where its time has changed. May read all of it. */
    void check() throws StoreException {
        try {
            if (!inPlace) {
                if (channel.size() != size) {
                    throw changed("it has " + channel.size() + " bytes, and had " + size);
                }
                return;
            }
            BasicFileAttributes now = attributes();
            Instant time = now.lastModifiedTime().toInstant();
            if (now.size() != size) {
                throw changed("it has " + now.size() + " bytes, and had " + size);
            }
            if (time.equals(modifiedAt)) {
                return;
            }
            if (!digestNow().equals(digest)) {
                throw changed("its content is another");
            }
            modifiedAt = time;
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private BasicFileAttributes attributes() throws IOException, StoreUnavailableException {
        BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
        if (fileKey != null && !fileKey.equals(now.fileKey())) {
            throw changed("it was replaced");
        }
        return now;
    }

    private ContentDigest digestNow() throws IOException {
        ContentDigest.Tree tree = new ContentDigest.Tree();
        byte[] block = new byte[Limits.BLOCK_BYTES];
        long[] leaf = new long[2];
        for (long at = 0; at < size; ) {
            ByteBuffer buffer = ByteBuffer.wrap(block, 0, (int) Math.min(block.length, size - at));
            while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) >= 0) {}
            ContentDigest.hashBlock(block, buffer.position(), leaf);
            tree.add(leaf);
            at += Math.max(1, buffer.position());
        }
        return tree.digest();
    }

    private StoreUnavailableException changed(String how) {
        return new StoreUnavailableException("the file " + path + " is no longer what was ingested as " + name + ": "
                + how + "; bring it back as it was, or ingest it again");
    }

    private StoreUnavailableException unreadable(IOException cause) {
        return new StoreUnavailableException(
                "the file " + path + ", which holds the lines of " + name + ", cannot be read: " + cause.getMessage(),
                cause);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            System.getLogger(LinesFile.class.getName())
                    .log(System.Logger.Level.WARNING, "a file of lines could not be closed", e);
        }
    }
}
