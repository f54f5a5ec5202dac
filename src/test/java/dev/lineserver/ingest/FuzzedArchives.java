package dev.lineserver.ingest;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

import com.github.luben.zstd.ZstdInputStream;
import org.jspecify.annotations.Nullable;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Any bytes as a source: they are refused with an {@link IOException}, or have the same content however they are read, in
 * sequence or by the JDK (gzip), or by the reference implementation if it accepts them (zstd).
 */
public final class FuzzedArchives {
    /** Bounds the time of one input: an archive of a few bytes may have a content of gigabytes. */
    private static final int MOST_BYTES = 1 << 17;

    private FuzzedArchives() {}

    private interface Unpacking {
        InputStream open(InputStream packed) throws IOException;
    }

    public static void fuzzerTestOneInput(byte[] bytes) {
        byte[] content = content(bytes, FuzzedArchives::open, MOST_BYTES);
        assertContent(content, content(bytes, FuzzedArchives::open, 7));
        Compression compression = Compression.of(bytes);
        if (compression == Compression.NONE) {
            assertArrayEquals(Arrays.copyOf(bytes, Math.min(bytes.length, MOST_BYTES)), content);
        } else if (compression == Compression.GZIP) {
            assertContent(content, content(bytes, packed -> new GzipMembers(packed, 0), MOST_BYTES));
            if (content != null) {
                // The JDK accepts more archives, and checks the same checksums.
                assertArrayEquals(content, content(bytes, GZIPInputStream::new, MOST_BYTES));
            }
        } else if (compression == Compression.ZSTD) {
            byte[] reference = content(bytes, ZstdInputStream::new, MOST_BYTES);
            // The reference skips frames of both formats, and unpacks wider windows.
            if (reference != null && content != null) {
                assertArrayEquals(reference, content);
            }
        }
    }

    private static void assertContent(byte @Nullable [] expected, byte @Nullable [] actual) {
        assertEquals(expected == null, actual == null);
        assertArrayEquals(expected, actual);
    }

    private static InputStream open(InputStream bytes) throws IOException {
        InputStream buffered = new BufferedInputStream(bytes);
        Compression compression = Compression.detect(buffered);
        if (compression == Compression.ZSTD && ZstdFrameReader.beginsWithWideWindow(buffered)) {
            throw new IOException("only the program zstd unpacks it");
        }
        return compression.unpack(buffered);
    }

    /** Returns the first bytes of the content; null if the archive is refused. */
    private static byte @Nullable [] content(byte[] bytes, Unpacking unpacking, int bytesPerRead) {
        try (InputStream unpacked = unpacking.open(new ByteArrayInputStream(bytes))) {
            byte[] content = new byte[MOST_BYTES];
            int length = 0;
            int count = 0;
            while (length < content.length && count >= 0) {
                count = unpacked.read(content, length, Math.min(bytesPerRead, content.length - length));
                length += Math.max(0, count);
            }
            return Arrays.copyOf(content, length);
        } catch (IOException refused) {
            return null;
        }
    }
}
