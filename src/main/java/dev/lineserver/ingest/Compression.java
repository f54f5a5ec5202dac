package dev.lineserver.ingest;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;

import io.airlift.compress.v3.zstd.ZstdInputStream;

/** The compression of a source. Its first bytes decide, and not its name. */
enum Compression {
    NONE(""),
    GZIP(".*\\.(gz|tgz|bgz|dz)"),
    ZSTD(".*\\.(zst|zstd|tzst)");

    /** Number of bytes that {@link #of} examines. */
    static final int HEAD_BYTES = 4;

    private final String names;

    Compression(String names) {
        this.names = names;
    }

    /**
     * Detects the compression of a source.
     *
     * @param head the source's first {@link #HEAD_BYTES} bytes, or all of its bytes if it has fewer
     */
    static Compression of(byte[] head) {
        int magic = ByteBuffer.wrap(Arrays.copyOf(head, HEAD_BYTES)).getInt();
        if (magic >>> 8 == GzipMembers.MAGIC_AND_DEFLATE) {
            return GZIP;
        }
        int littleEndian = Integer.reverseBytes(magic);
        return littleEndian == ZstdFrames.MAGIC || ZstdFrames.isSkippable(littleEndian) ? ZSTD : NONE;
    }

    /** Returns the compression that is customary for files with this extension. */
    static Compression ofName(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        for (Compression compression : values()) {
            if (lower.matches(compression.names)) {
                return compression;
            }
        }
        return NONE;
    }

    /**
     * Returns a stream of the unpacked bytes.
     *
     * @param packed a buffered stream of the source's bytes
     */
    InputStream unpack(InputStream packed) {
        return switch (this) {
            case NONE -> packed;
            case GZIP -> new GzipMembers(packed);
            case ZSTD -> new ZstdInputStream(new ZstdFrames(packed));
        };
    }

    /** Returns the name that messages use. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
