package dev.lineserver.line;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;

/**
 * 128-bit digest of a whole content: XXH3-128 over the XXH3-128 digests of its consecutive blocks of
 * {@link Limits#BLOCK_BYTES}. The last block may be shorter. An empty content has no blocks.
 *
 * <p>The two levels allow threads to hash blocks concurrently, and each block of a touched file to be verified alone.
 * The digest detects accidental changes; it is not cryptographic, so an attacker can construct collisions. Source of
 * the hash: xxHash 0.8, Y. Collet.
 *
 * @param high upper 64 bits
 * @param low lower 64 bits
 */
public record ContentDigest(long high, long low) {
    private static final Hasher128 XXH3 = Hashing.xxh3_128();
    private static final int DIGEST_BYTES = 16;

    /** Hashes one block. */
    public static ContentDigest ofBlock(byte[] block, int length) {
        HashValue128 hash = XXH3.hashBytesTo128Bits(block, 0, length);
        return new ContentDigest(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
    }

    /**
     * Parses the result of {@link #toString}.
     *
     * @throws IllegalArgumentException if {@code hex} is not 32 hexadecimal digits
     */
    public static ContentDigest parse(String hex) {
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
        if (bytes.capacity() != DIGEST_BYTES) {
            throw new IllegalArgumentException("not a digest of 32 hexadecimal digits: " + hex);
        }
        return new ContentDigest(bytes.getLong(), bytes.getLong());
    }

    /** Returns 32 lower-case hexadecimal digits. */
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(high) + hex.toHexDigits(low);
    }

    /**
     * XXH3-128 of a growing prefix of a content, which is hashed in one level. Equals {@link ContentDigest#ofBlock} of the
     * same bytes.
     */
    public static final class Prefix {
        private final HashStream128 hash = XXH3.hashStream();

        /** Appends bytes to the prefix. */
        public void add(byte[] bytes, int from, int length) {
            hash.putBytes(bytes, from, length);
        }

        /** Returns the digest of all bytes added so far. */
        public ContentDigest digest() {
            HashValue128 value = hash.get();
            return new ContentDigest(value.getMostSignificantBits(), value.getLeastSignificantBits());
        }
    }

    /** Collects the digests of a content's blocks, in their order. Takes 16 bytes of heap per 256 KiB of content. */
    public static final class Tree {
        private byte[] leaves = new byte[1024 * DIGEST_BYTES];
        private int size;
        /** Of the first leaves: a digest of more of them does not begin again. */
        private Prefix hashed = new Prefix();

        private int hashedSize;

        /** Adds the digest of the next block. */
        public void add(ContentDigest block) {
            if (size == leaves.length) {
                leaves = Arrays.copyOf(leaves, Math.multiplyExact(leaves.length, 2));
            }
            ByteBuffer.wrap(leaves, size, DIGEST_BYTES).putLong(block.high).putLong(block.low);
            size += DIGEST_BYTES;
        }

        /** Returns the digests added so far, 16 bytes each: upper 64 bits, then lower 64 bits. */
        public ByteBuffer leaves() {
            return ByteBuffer.wrap(leaves, 0, size).asReadOnlyBuffer();
        }

        /** Returns true if the digest of a block is this one. */
        public boolean matches(int block, ContentDigest digest) {
            ByteBuffer leaf = ByteBuffer.wrap(leaves, block * DIGEST_BYTES, DIGEST_BYTES);
            return leaf.getLong() == digest.high && leaf.getLong() == digest.low;
        }

        /** Returns the digest of all blocks added so far. */
        public ContentDigest digest() {
            return digest(count());
        }

        /**
         * Returns the digest of the first blocks, as {@link #digest} returned it when no others had been added.
         *
         * @param blocks their number
         * @throws IllegalArgumentException if there are fewer
         */
        public ContentDigest digest(int blocks) {
            if (blocks > size / DIGEST_BYTES) {
                throw new IllegalArgumentException("there are no " + blocks + " blocks");
            }
            int end = blocks * DIGEST_BYTES;
            if (end < hashedSize) {
                hashed = new Prefix();
                hashedSize = 0;
            }
            hashed.add(leaves, hashedSize, end - hashedSize);
            hashedSize = end;
            return hashed.digest();
        }

        /** Returns the number of blocks added so far. */
        public int count() {
            return size / DIGEST_BYTES;
        }
    }
}
