package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.store.Content;

/**
 * The digests of a content's blocks, against which single blocks of a touched source are checked.
 *
 * <p>The file {@code blocks} of a version whose lines stay in their source holds nothing but these, 16 bytes per block of
 * {@link Limits#BLOCK_BYTES}: upper, then lower 64 bits, big-endian. They are the leaves of the content's digest, so that
 * digest, which is in the manifest, is the file's checksum.
 */
record BlockDigests(ByteBuffer leaves) {
    private static final int DIGEST_BYTES = 16;

    static long bytes(Content content) {
        return (content.byteCount() + Limits.BLOCK_BYTES - 1) / Limits.BLOCK_BYTES * DIGEST_BYTES;
    }

    /** @throws IOException also if they are damaged */
    static BlockDigests read(Path file, Content content) throws IOException {
        byte[] leaves = Files.size(file) == bytes(content) ? Files.readAllBytes(file) : new byte[0];
        if (!ContentDigest.ofBlock(leaves, leaves.length).equals(content.digest())) {
            throw new IOException("its checksum does not match");
        }
        return new BlockDigests(ByteBuffer.wrap(leaves));
    }

    /** Whether a block has the bytes that were ingested. */
    boolean matches(long blockIndex, byte[] block, int length) {
        int at = Math.toIntExact(blockIndex * DIGEST_BYTES);
        return ContentDigest.ofBlock(block, length)
                .equals(new ContentDigest(leaves.getLong(at), leaves.getLong(at + Long.BYTES)));
    }
}
