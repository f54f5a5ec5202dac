package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.store.Content;
import dev.lineserver.store.RegularFile;

/**
 * The digests of a content's blocks. They verify the bytes of a source whose stamp has changed.
 *
 * <p>A version whose lines stay in their source has a file {@code blocks} with these digests: 16 bytes per block of
 * {@link Limits#BLOCK_BYTES}, upper 64 bits, then lower 64 bits, big-endian. The manifest holds the digest of these
 * digests, which is the digest of the content, so the file needs no other checksum.
 *
 * @param leaves the file's bytes
 * @param byteCount length of the content
 */
record BlockDigests(ByteBuffer leaves, long byteCount) {
    private static final int DIGEST_BYTES = 16;

    /** Returns the size of the file for a content, in bytes. */
    static long bytes(Content content) {
        return (content.byteCount() + Limits.BLOCK_BYTES - 1) / Limits.BLOCK_BYTES * DIGEST_BYTES;
    }

    /**
     * Reads the file of a content.
     *
     * @throws IOException if the file cannot be read, or is damaged
     */
    static BlockDigests read(Path file, Content content) throws IOException {
        RegularFile.require(file);
        byte[] leaves = Files.size(file) == bytes(content) ? Files.readAllBytes(file) : new byte[0];
        if (!ContentDigest.ofBlock(leaves, leaves.length).equals(content.digest())) {
            throw new IOException("its checksum does not match");
        }
        return new BlockDigests(ByteBuffer.wrap(leaves), content.byteCount());
    }

    /**
     * Fills a buffer from a position of the file that may have changed.
     *
     * @param <E> thrown if the file cannot be read
     */
    interface BlockReader<E extends Exception> {
        void fill(long position, ByteBuffer bytes) throws E;
    }

    /**
     * Reads the blocks that contain a range of bytes.
     *
     * @return the bytes, which are those ingested; null if the blocks have others
     */
    <E extends Exception> byte @Nullable [] read(long position, int length, BlockReader<E> file) throws E {
        byte[] bytes = new byte[length];
        byte[] block = new byte[Limits.BLOCK_BYTES];
        long end = position + length;
        for (long at = blockStart(position); at < end; at += block.length) {
            int blockLength = blockLength(at);
            file.fill(at, ByteBuffer.wrap(block, 0, blockLength));
            if (!matches(at, block)) {
                return null;
            }
            // Copies the intersection of the block and the requested range.
            long from = Math.max(position, at);
            int count = (int) (Math.min(end, at + blockLength) - from);
            System.arraycopy(block, (int) (from - at), bytes, (int) (from - position), count);
        }
        return bytes;
    }

    /** Reads the whole file, up to the first block that differs; returns true if there is none. */
    <E extends Exception> boolean areThoseOf(BlockReader<E> file) throws E {
        byte[] block = new byte[Limits.BLOCK_BYTES];
        boolean equal = true;
        for (long at = 0; equal && at < byteCount; at += block.length) {
            file.fill(at, ByteBuffer.wrap(block, 0, blockLength(at)));
            equal = matches(at, block);
        }
        return equal;
    }

    /**
     * Returns the end of the range of bytes from a position on that two contents have in common, as far as these digests
     * tell. Blocks of one digest have one length, too.
     */
    long equalUntil(BlockDigests other, long position) {
        long at = blockStart(position);
        while (at < byteCount && at < other.byteCount && digest(at).equals(other.digest(at))) {
            at += blockLength(at);
        }
        return Math.max(at, position);
    }

    private static long blockStart(long position) {
        return position - position % Limits.BLOCK_BYTES;
    }

    private int blockLength(long start) {
        return (int) Math.min(Limits.BLOCK_BYTES, byteCount - start);
    }

    private boolean matches(long start, byte[] block) {
        return ContentDigest.ofBlock(block, blockLength(start)).equals(digest(start));
    }

    private ContentDigest digest(long start) {
        int at = Math.toIntExact(start / Limits.BLOCK_BYTES * DIGEST_BYTES);
        return new ContentDigest(leaves.getLong(at), leaves.getLong(at + Long.BYTES));
    }
}
