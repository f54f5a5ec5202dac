package dev.lineserver.ingest;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdOutputStream;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Frames, and the two classes that read them: {@link ZstdFrames} in sequence, and {@link ZstdPieces} in pieces. */
final class ZstdFrameReaderTest {
    private static final int SEED = 20261130;
    /** A block is no larger than the window. With a smaller one, a frame has more blocks than are held in memory. */
    private static final int MIN_WINDOW_LOG = 12;

    private static final String EMPTY_FRAME = "28b52ffd2000010000";

    /** Blocks with a content of 3 and 5 bytes, of up to 128 KiB, and of none; after the last block, the checksum. */
    private static final byte[] FRAME =
            HexFormat.of().parseHex("28b52ffd24ff" + "180000616263" + "2a000061" + "14000061ff" + "01000011223344");

    @Test
    void theHeaderAndEachBlockAreAppended() throws Exception {
        byte[] archive = Archives.join(Archives.skippable(7, 9), FRAME, Archives.skippable(0, 0));
        ParallelUnpacking.PackedPiece piece = new ParallelUnpacking.PackedPiece();
        ZstdFrameReader frames = new ZstdFrameReader(new ByteArrayInputStream(archive), piece);
        assertTrue(frames.readHeader());
        assertEquals(6, piece.packedLength);
        int[][] contentAndEnd = {{3, 12}, {5, 16}, {128 << 10, 21}, {0, 28}};
        for (int[] block : contentAndEnd) {
            assertTrue(frames.inFrame());
            assertEquals(block[0], frames.readBlock());
            assertEquals(block[1], piece.packedLength);
        }
        assertFalse(frames.inFrame());
        assertFalse(frames.readHeader());
        assertArrayEquals(FRAME, Archives.cut(piece.packed, piece.packedLength));
    }

    @Test
    void theBytesBeforeTheEndOfACutFrameAreAppended() {
        for (int length = 1; length < FRAME.length; length++) {
            byte[] cut = Archives.cut(FRAME, length);
            ParallelUnpacking.PackedPiece piece = new ParallelUnpacking.PackedPiece();
            ZstdFrameReader frames = new ZstdFrameReader(new ByteArrayInputStream(cut), piece);
            assertThrows(EOFException.class, () -> {
                boolean _ = frames.readHeader();
                while (frames.inFrame()) {
                    int _ = frames.readBlock();
                }
            });
            assertArrayEquals(cut, Archives.cut(piece.packed, piece.packedLength));
        }
    }

    /** Empty, and of one or more blocks of each type; content sizes at the limits of the field that has them. */
    private static byte[] content(Random random) {
        int[] lengths = {0, 1, 255, 256, 65_791, 65_792, 128 << 10, (128 << 10) + 1, 400_000};
        byte[] content = new byte[lengths[random.nextInt(lengths.length)]];
        int values = new int[] {1, 2, 4, 256}[random.nextInt(4)];
        for (int at = 0; at < content.length; at++) {
            content[at] = (byte) random.nextInt(values);
        }
        return content;
    }

    /** Returns a value of an option, mostly the default of the library. */
    private static int option(Random random, int least, int most) {
        return random.nextInt(3) > 0 ? 0 : random.nextInt(least, most + 1);
    }

    private static byte[] frame(Random random, byte[] content) {
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            return context.setLevel(option(random, -7, 12))
                    .setChecksum(random.nextBoolean())
                    .setContentSize(random.nextBoolean())
                    .setDictID(random.nextBoolean())
                    .setWorkers(option(random, 1, 2))
                    .setOverlapLog(option(random, 1, 9))
                    .setJobSize(option(random, 1 << 20, 2 << 20))
                    .setStrategy(option(random, 1, 9))
                    .setTargetLength(option(random, 1, 999))
                    .setMinMatch(option(random, 3, 7))
                    .setSearchLog(option(random, 1, 8))
                    .setChainLog(option(random, 6, 16))
                    .setHashLog(option(random, 6, 16))
                    .setLong(option(random, MIN_WINDOW_LOG, 23))
                    .compress(content);
        }
    }

    /** Frames whose encoder does not know the size of the content. Each flush ends a block, or a frame. */
    private static byte[] streamed(Random random, byte[] content) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (ZstdOutputStream out = new ZstdOutputStream(packed)) {
            out.setLevel(option(random, -7, 9))
                    .setChecksum(random.nextBoolean())
                    .setWindowLog(option(random, MIN_WINDOW_LOG, 23))
                    .setCloseFrameOnFlush(random.nextBoolean());
            for (int at = 0, count; at < content.length; at += count) {
                count = Math.min(content.length - at, random.nextInt(1, 200_000));
                out.write(content, at, count);
                out.flush();
            }
        }
        return packed.toByteArray();
    }

    /** Returns the bytes that the library gets, and the failure after them, if there is one. */
    private static String passedOn(InputStream archive) {
        ByteArrayOutputStream passed = new ByteArrayOutputStream();
        String failure = "";
        try (InputStream frames = new ZstdFrames(archive)) {
            frames.transferTo(passed);
        } catch (IOException e) {
            failure = e.toString();
        }
        return HexFormat.of().formatHex(passed.toByteArray()) + failure;
    }

    /** Asserts that the archive without its skippable frames is the bytes of its pieces, and the rest. */
    private static void assertReadersAgree(byte[] archive, String message) throws Exception {
        ZstdPieces format = new ZstdPieces();
        InputStream rest = new ByteArrayInputStream(archive);
        ByteArrayOutputStream pieces = new ByteArrayOutputStream();
        ParallelUnpacking.PackedPiece piece = new ParallelUnpacking.PackedPiece();
        while (format.read(rest, piece)) {
            pieces.write(piece.packed, 0, piece.packedLength);
        }
        InputStream both = new SequenceInputStream(new ByteArrayInputStream(pieces.toByteArray()), rest);
        assertEquals(passedOn(new ByteArrayInputStream(archive)), passedOn(both), message);
    }

    @Test
    void bothReadersPassOnAllFramesOfTheReferenceImplementation() throws Exception {
        Random random = new Random(SEED);
        for (int round = 0; round < 150; round++) {
            byte[] archive = {};
            byte[] frames = {};
            byte[] content = {};
            for (int left = random.nextInt(4); left >= 0; left--) {
                byte[] next = content(random);
                byte[] frame = random.nextBoolean() ? frame(random, next) : streamed(random, next);
                byte[] skipped = random.nextBoolean() ? Archives.skippable(left, random.nextInt(99)) : new byte[0];
                archive = Archives.join(archive, skipped, frame);
                frames = Archives.join(frames, frame);
                content = Archives.join(content, next);
            }
            String message = "round " + round;
            assertEquals(
                    EMPTY_FRAME + HexFormat.of().formatHex(frames),
                    passedOn(new ByteArrayInputStream(archive)),
                    message);
            ZstdPieces format = new ZstdPieces();
            InputStream packed = new ByteArrayInputStream(archive);
            ParallelUnpacking.PackedPiece piece = new ParallelUnpacking.PackedPiece();
            byte[] read = {};
            byte[] unpacked = {};
            while (format.read(packed, piece)) {
                assertTrue(format.unpack(piece), message);
                read = Archives.join(read, Archives.cut(piece.packed, piece.packedLength));
                unpacked = Archives.join(unpacked, Archives.cut(piece.content, piece.contentLength));
            }
            assertArrayEquals(frames, read, message);
            assertArrayEquals(content, unpacked, message);
            byte[] damaged = Archives.changed(archive, random.nextInt(Math.min(40, archive.length)), random.nextInt());
            assertReadersAgree(damaged, message + ", damaged");
            assertReadersAgree(Archives.cut(archive, random.nextInt(archive.length)), message + ", cut");
        }
    }

    @Test
    void bothReadersAgreeOnAnArchiveThatEndsAnywhere() throws Exception {
        byte[] text = Archives.ascii("text\n");
        byte[] archive = Archives.join(
                Archives.zstd(text),
                Archives.skippable(3, 5),
                Archives.zstd(text, 3, true, 12),
                Archives.skippable(0, 0),
                Archives.zstd(new byte[200_000], 1, false, 0));
        for (int length = 0; length <= archive.length; length++) {
            assertReadersAgree(Archives.cut(archive, length), "cut to " + length);
        }
    }

    /** The read would succeed, or fail in another way, if the code that unpacks any archive tried it again. */
    @Test
    @SuppressWarnings("InputStreamSlowMultibyteRead") // It has no bytes.
    void aReadThatFailsEndsThePiece() {
        IOException failure = new IOException("the disk fails");
        byte[] archive = Archives.zstd(Archives.ascii("text\n"));
        for (int readable = 0; readable < archive.length; readable++) {
            InputStream failing = new InputStream() {
                private boolean failed;

                @Override
                public int read() throws IOException {
                    if (failed) {
                        return -1;
                    }
                    failed = true;
                    throw failure;
                }
            };
            InputStream packed = new BufferedInputStream(
                    new SequenceInputStream(new ByteArrayInputStream(Arrays.copyOf(archive, readable)), failing));
            ParallelUnpacking.PackedPiece piece = new ParallelUnpacking.PackedPiece();
            assertSame(failure, assertThrows(IOException.class, () -> new ZstdPieces().read(packed, piece)));
        }
    }
}
