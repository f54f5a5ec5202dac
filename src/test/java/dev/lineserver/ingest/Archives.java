package dev.lineserver.ingest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

import com.github.luben.zstd.ZstdCompressCtx;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream.BlockSize;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** Builds compressed files, and damages them. Their text is short, so that every bit of them can be tried. */
final class Archives {
    private static final byte[] GZIP_HEADER = {0x1F, (byte) 0x8B, 8, 0, 0, 0, 0, 0, 0, -1};
    private static final int SKIPPABLE = 0x184D2A50;

    private Archives() {}

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    static byte[] cut(byte[] bytes, int length) {
        return Arrays.copyOf(bytes, length);
    }

    static byte[] changed(byte[] bytes, int at, int value) {
        byte[] changed = bytes.clone();
        changed[at] = (byte) value;
        return changed;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** One gzip member. */
    static byte[] gzip(byte[] content) {
        return gzip(GZIP_HEADER, content);
    }

    /** One gzip member with an unusual header. */
    static byte[] gzip(byte[] header, byte[] content) {
        Deflater deflater = new Deflater(6, true);
        deflater.setInput(content);
        deflater.finish();
        byte[] deflated = new byte[content.length + content.length / 1000 + 64];
        int length = deflater.deflate(deflated);
        deflater.end();
        CRC32 checksum = new CRC32();
        checksum.update(content);
        return join(header, cut(deflated, length), littleEndian((int) checksum.getValue(), content.length));
    }

    /** A gzip header with these flags and optional fields. */
    static byte[] gzipHeader(int flags, byte[]... fields) {
        return join(changed(GZIP_HEADER, 3, flags), join(fields));
    }

    /** A block as {@code bgzip} writes it. */
    static byte[] bgzf(byte[] content) {
        byte[] plain = gzip(gzipHeader(4, new byte[] {6, 0, 'B', 'C', 2, 0, 0, 0}), content);
        byte[] size = littleEndian(plain.length - 1);
        return changed(changed(plain, 16, size[0]), 17, size[1]);
    }

    /** One Zstandard frame with a checksum. */
    static byte[] zstd(byte[] content) {
        return zstd(content, 3, true, 0);
    }

    /** @param windowLog logarithm of the window size, for a frame of several segments; 0 to let the level decide */
    static byte[] zstd(byte[] content, int level, boolean checksum, int windowLog) {
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            context.setLevel(level).setChecksum(checksum);
            if (windowLog > 0) {
                context.setLong(windowLog).setContentSize(false);
            }
            return context.compress(content);
        }
    }

    /** One bzip2 stream. */
    static byte[] bzip2(byte[] content) {
        return packed(to -> new BZip2CompressorOutputStream(to, 1), content);
    }

    /** One xz stream. */
    static byte[] xz(byte[] content) {
        return xz(content, XZ.CHECK_CRC64);
    }

    static byte[] xz(byte[] content, int check) {
        return packed(to -> new XZOutputStream(to, new LZMA2Options(1), check), content);
    }

    /** One LZ4 frame with both checksums; its blocks of 64 KiB depend on each other. */
    static byte[] lz4(byte[] content) {
        return lz4(content, true, true, true);
    }

    static byte[] lz4(byte[] content, boolean contentChecksum, boolean blockChecksum, boolean dependent) {
        FramedLZ4CompressorOutputStream.Parameters parameters = new FramedLZ4CompressorOutputStream.Parameters(
                BlockSize.K64, contentChecksum, blockChecksum, dependent);
        return packed(to -> new FramedLZ4CompressorOutputStream(to, parameters), content);
    }

    private interface Packer {
        OutputStream open(OutputStream to) throws IOException;
    }

    private static byte[] packed(Packer packer, byte[] content) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream to = packer.open(packed)) {
            to.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    static byte[] skippable(int number, int length) {
        return join(littleEndian(SKIPPABLE + number, length), new byte[length]);
    }

    static byte[] littleEndian(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(bytes::putInt);
        return bytes.array();
    }
}
