package dev.lineserver.ingest;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;

import io.airlift.compress.v3.zstd.ZstdInputStream;

/** How the bytes of a source are compressed. Their first bytes say so, whatever the source's name is. */
enum Compression {
    NONE(""),
    GZIP(".*\\.(gz|tgz|bgz|dz)"),
    ZSTD(".*\\.(zst|zstd|tzst)");

    /** Number of bytes that {@link #of} looks at. */
    static final int HEAD_BYTES = 4;

    private final String names;

    Compression(String names) {
        this.names = names;
    }

    /** @param head the source's first {@link #HEAD_BYTES} bytes, or fewer if it has no more */
    static Compression of(byte[] head) {
        int magic = ByteBuffer.wrap(Arrays.copyOf(head, HEAD_BYTES)).getInt();
        if (magic >>> 8 == GzipMembers.MAGIC_AND_DEFLATE) {
            return GZIP;
        }
        int littleEndian = Integer.reverseBytes(magic);
        return littleEndian == ZstdFrames.MAGIC || ZstdFrames.isSkippable(littleEndian) ? ZSTD : NONE;
    }

    /** The compression that a file name promises. */
    static Compression promisedBy(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        for (Compression compression : values()) {
            if (lower.matches(compression.names)) {
                return compression;
            }
        }
        return NONE;
    }

    /** @param packed buffered */
    InputStream unpack(InputStream packed) {
        return switch (this) {
            case NONE -> packed;
            case GZIP -> new GzipMembers(packed);
            case ZSTD -> new ZstdInputStream(new ZstdFrames(packed));
        };
    }

    /** As users call it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
