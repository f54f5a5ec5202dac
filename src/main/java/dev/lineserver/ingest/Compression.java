package dev.lineserver.ingest;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;

import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.tukaani.xz.XZInputStream;

/** The compression of a source. Its first bytes decide, and not its name. */
enum Compression {
    NONE(""),
    GZIP(".*\\.(gz|tgz|bgz|dz)"),
    ZSTD(".*\\.(zst|zstd|tzst)"),
    BZIP2(".*\\.(bz2|bz|tbz2|tbz)"),
    XZ(".*\\.(xz|txz)"),
    LZ4(".*\\.(lz4|tlz4)");

    /** Number of bytes that tell the compression. */
    static final int HEAD_BYTES = 10;

    private static final int LZ4_MAGIC = 0x184D_2204;

    private static final long XZ_MAGIC = 0xFD37_7A58_5A00L;
    /** A bzip2 file begins with "BZh", a digit, and one of these: the mark of a block, or of the end. */
    private static final long BZIP2_BLOCK = 0x3141_5926_5359L;

    private static final long BZIP2_END = 0x1772_4538_5090L;

    private final String names;

    Compression(String names) {
        this.names = names;
    }

    /**
     * Detects the compression of a source. Zstandard and LZ4 have the same skippable frames; this method skips those at the
     * beginning, because the first frame with content decides.
     *
     * @param bytes the source; supports {@link InputStream#mark}. Afterwards its next byte is the first one to unpack
     */
    static Compression detect(InputStream bytes) throws IOException {
        byte[] head = peek(bytes);
        Compression compression = of(head);
        DataInputStream data = new DataInputStream(bytes);
        while (isSkippable(head)) {
            // The magic number, the length of the data, and the data.
            data.skipNBytes(Integer.BYTES);
            data.skipNBytes(Integer.toUnsignedLong(Integer.reverseBytes(data.readInt())));
            head = peek(bytes);
            // Zstandard also if nothing follows, or something that is not a frame, which its reader reports.
            compression = of(head) == LZ4 ? LZ4 : ZSTD;
        }
        return compression;
    }

    /** Returns the next {@link #HEAD_BYTES} bytes, or all bytes if these are fewer, without consuming them. */
    static byte[] peek(InputStream bytes) throws IOException {
        bytes.mark(HEAD_BYTES);
        byte[] head = bytes.readNBytes(HEAD_BYTES);
        bytes.reset();
        return head;
    }

    static Compression of(byte[] head) {
        ByteBuffer first = ByteBuffer.wrap(Arrays.copyOf(head, HEAD_BYTES));
        if (first.getInt(0) >>> 8 == GzipMembers.MAGIC_AND_DEFLATE) {
            return GZIP;
        }
        int magic = littleEndian(head);
        if (magic == ZstdFrameReader.MAGIC || isSkippable(head)) {
            return ZSTD;
        }
        if (magic == LZ4_MAGIC) {
            return LZ4;
        }
        if (first.getLong(0) >>> 16 == XZ_MAGIC) {
            return XZ;
        }
        boolean bzip2 = first.get(0) == 'B' && first.get(1) == 'Z' && first.get(2) == 'h';
        long mark = first.getLong(2) & 0xFFFF_FFFF_FFFFL;
        return bzip2 && (mark == BZIP2_BLOCK || mark == BZIP2_END) ? BZIP2 : NONE;
    }

    private static boolean isSkippable(byte[] head) {
        return head.length >= Integer.BYTES && ZstdFrameReader.isSkippable(littleEndian(head));
    }

    private static int littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(Arrays.copyOf(bytes, Integer.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt();
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
     * @param packed a stream of the source's bytes that supports {@link InputStream#mark}
     */
    InputStream unpack(InputStream packed) throws IOException {
        return switch (this) {
            case NONE -> packed;
            case GZIP -> new ParallelUnpacking(new BgzfBlocks(), packed);
            case ZSTD -> new ParallelUnpacking(new ZstdPieces(), packed);
            case BZIP2 -> new Unpacked(this, packed, from -> new BZip2CompressorInputStream(from, true));
            case XZ -> new Unpacked(this, packed, from -> new XZInputStream(from, xzMemoryLimit()));
            case LZ4 -> new Unpacked(this, packed, from -> new FramedLZ4CompressorInputStream(from, true));
        };
    }

    /** Returns a limit in KiB for the window of an xz file: half of the heap. */
    private static int xzMemoryLimit() {
        return (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / 2048);
    }

    /** Returns the name that messages use. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
