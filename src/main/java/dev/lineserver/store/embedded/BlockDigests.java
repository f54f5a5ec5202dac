package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.store.Content;

/**
 * The digests of a content's blocks. They verify single blocks of a source whose stamp has changed.
 *
 * <p>A version whose lines stay in their source has a file {@code blocks} with these digests: 16 bytes per block of
 * {@link Limits#BLOCK_BYTES}, upper 64 bits, then lower 64 bits, big-endian. The manifest holds the digest of these
 * digests, which is the digest of the content, so the file needs no other checksum.
 *
 * @param leaves the file's bytes
 */
record BlockDigests(ByteBuffer leaves) {
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
        byte[] leaves = Files.size(file) == bytes(content) ? Files.readAllBytes(file) : new byte[0];
        if (!ContentDigest.ofBlock(leaves, leaves.length).equals(content.digest())) {
            throw new IOException("its checksum does not match");
        }
        return new BlockDigests(ByteBuffer.wrap(leaves));
    }

    /** Returns true if a block has the same bytes as when it was ingested. */
    boolean matches(long blockIndex, byte[] block, int length) {
        int at = Math.toIntExact(blockIndex * DIGEST_BYTES);
        return ContentDigest.ofBlock(block, length)
                .equals(new ContentDigest(leaves.getLong(at), leaves.getLong(at + Long.BYTES)));
    }

    /** Returns true if a block has the same bytes in both contents. */
    boolean isEqualBlock(BlockDigests other, long blockIndex) {
        int at = Math.toIntExact(blockIndex * DIGEST_BYTES);
        return leaves.getLong(at) == other.leaves.getLong(at)
                && leaves.getLong(at + Long.BYTES) == other.leaves.getLong(at + Long.BYTES);
    }
}
