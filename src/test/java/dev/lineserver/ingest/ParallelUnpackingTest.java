package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.airlift.compress.v3.zstd.ZstdInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests that archives are unpacked on several threads as by one thread, their faults included. */
final class ParallelUnpackingTest {
    private static String unpacked(InputStream archive) {
        try (archive) {
            return HexFormat.of().formatHex(archive.readAllBytes());
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Blocks and a few members of other forms, with up to two faults. */
    private static byte[] archive(Random random) {
        List<byte[]> parts = new ArrayList<>();
        for (int i = random.nextInt(60); i >= 0; i--) {
            byte[] content = new byte[random.nextInt(4) == 0 ? random.nextInt(1 << 16) : random.nextInt(100)];
            random.nextBytes(content);
            parts.add(random.nextInt(40) == 0 ? Archives.gzip(content) : Archives.bgzf(content));
        }
        return withFaults(random, Archives.join(parts.toArray(byte[][]::new)));
    }

    private static byte[] withFaults(Random random, byte[] intact) {
        byte[] archive = intact;
        for (int faults = random.nextInt(3); faults > 0 && archive.length > 3; faults--) {
            int at = 3 + random.nextInt(archive.length - 3);
            archive = switch (random.nextInt(4)) {
                case 0 -> Archives.cut(archive, at);
                case 1 -> Archives.changed(archive, at, random.nextInt());
                case 2 -> Archives.join(archive, new byte[random.nextInt(100)]);
                default -> Archives.join(archive, Archives.cut(archive, at));
            };
        }
        return archive;
    }

    @Test
    void anyArchiveIsUnpackedOrRefusedAsInSequence() {
        for (int seed = 0; seed < 300; seed++) {
            byte[] archive = archive(new Random(seed));
            String expected = unpacked(new GzipMembers(new ByteArrayInputStream(archive), 0));
            String actual = unpacked(new ParallelUnpacking(new BgzfBlocks(), new ByteArrayInputStream(archive)));
            assertEquals(expected, actual, "seed " + seed);
        }
    }

    /** Otherwise they would be unpacked in sequence, with the same content. */
    @Test
    void blocksAreUnpackedInPieces() throws Exception {
        byte[] noise = new byte[65_000];
        new Random(1).nextBytes(noise);
        for (byte[] content : List.of(noise, new byte[1 << 16])) {
            InputStream archive = new ByteArrayInputStream(
                    Archives.join(Collections.nCopies(9, Archives.bgzf(content)).toArray(byte[][]::new)));
            BgzfBlocks format = new BgzfBlocks();
            ParallelUnpacking.PackedPiece piece = new ParallelUnpacking.PackedPiece();
            List<Integer> members = new ArrayList<>();
            while (format.read(archive, piece)) {
                assertTrue(format.unpack(piece));
                assertEquals(piece.members * content.length, piece.contentLength);
                members.add(piece.members);
            }
            assertEquals(List.of(4, 4, 1), members);
        }
    }

    /** Frames as several programs make them, with up to two faults. */
    private static byte[] zstdArchive(Random random) {
        List<byte[]> parts = new ArrayList<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            byte[] content = new byte[random.nextInt(4) == 0 ? random.nextInt(1 << 19) : random.nextInt(100)];
            for (int at = 0; at < content.length; at++) {
                content[at] = (byte) random.nextInt(random.nextInt(9) == 0 ? 256 : 4);
            }
            if (random.nextInt(3) == 0) {
                parts.add(Archives.skippable(random.nextInt(16), random.nextInt(300)));
            }
            parts.add(
                    Archives.zstd(content, 1 + random.nextInt(3), random.nextBoolean(), random.nextBoolean() ? 0 : 12));
        }
        return withFaults(random, Archives.join(parts.toArray(byte[][]::new)));
    }

    @Test
    void framesAreUnpackedOrRefusedAsInSequence() {
        int refused = 0;
        for (int seed = 0; seed < 300; seed++) {
            byte[] archive = zstdArchive(new Random(seed));
            String expected = unpacked(new Unpacked(
                    Compression.ZSTD, new ZstdFrames(new ByteArrayInputStream(archive)), ZstdInputStream::new));
            refused += expected.contains(" ") ? 1 : 0;
            // The program zstd may unpack what the library refuses.
            if (!expected.contains("window")) {
                String actual = unpacked(new ParallelUnpacking(new ZstdPieces(), new ByteArrayInputStream(archive)));
                // Which fault is found first may differ, and by which class.
                assertEquals(
                        expected.replaceFirst("^.*damaged .*", "damaged"),
                        actual.replaceFirst("^.*damaged .*", "damaged"),
                        "seed " + seed);
            }
        }
        assertTrue(refused > 50 && refused < 250, refused + " archives were refused");
    }

    /** A frame that is too long for a piece, and bytes that are no frame, are left to the code for any archive. */
    @Test
    void aFrameOfAnyLengthIsUnpacked() throws Exception {
        byte[] content = new byte[20 << 20];
        new Random(1).nextBytes(content);
        byte[] small = Archives.ascii("small\n");
        byte[] archive = Archives.join(Archives.zstd(small), Archives.zstd(content), Archives.zstd(small));
        List<Boolean> pieces = new ArrayList<>();
        ZstdPieces format = new ZstdPieces();
        InputStream packed = new ByteArrayInputStream(archive);
        ParallelUnpacking.PackedPiece piece = new ParallelUnpacking.PackedPiece();
        while (pieces.size() < 9 && format.read(packed, piece)) {
            pieces.add(format.unpack(piece));
        }
        assertEquals(List.of(false), pieces);
        assertEquals(
                HexFormat.of().formatHex(Archives.join(small, content, small)),
                unpacked(new ParallelUnpacking(format, new ByteArrayInputStream(archive))));
    }

    /** Pieces of one byte. Each waits until another one is being unpacked. */
    private static final class Meeting implements ParallelUnpacking.Format {
        final CountDownLatch two = new CountDownLatch(2);
        final AtomicInteger read = new AtomicInteger();

        @Override
        public boolean read(InputStream archive, ParallelUnpacking.PackedPiece piece) throws IOException {
            int next = archive.read();
            piece.packed = new byte[] {(byte) next};
            piece.packedLength = 1;
            read.addAndGet(next < 0 ? 0 : 1);
            return next >= 0;
        }

        @Override
        public boolean unpack(ParallelUnpacking.PackedPiece piece) {
            two.countDown();
            try {
                piece.content = piece.packed;
                piece.contentLength = 1;
                return two.await(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                return false;
            }
        }

        @Override
        public InputStream unpackInSequence(InputStream archive, long membersBefore) {
            return archive;
        }
    }

    @Test
    void piecesAreUnpackedAtTheSameTimeAndFewOfThemAhead() throws Exception {
        Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "there is only one processor");
        byte[] content = new byte[1_000];
        new Random(1).nextBytes(content);
        Meeting meeting = new Meeting();
        try (InputStream unpacked = new ParallelUnpacking(meeting, new ByteArrayInputStream(content))) {
            assertEquals(Byte.toUnsignedInt(content[0]), unpacked.read());
            assertEquals(0, meeting.two.getCount());
            assertTrue(meeting.read.get() <= 32, meeting.read + " pieces were read for the first byte");
            byte[] rest = unpacked.readAllBytes();
            assertArrayEquals(Arrays.copyOfRange(content, 1, content.length), rest);
            assertEquals(content.length, meeting.read.get());
        }
    }

    /** The only piece waits for a second one. */
    @Test
    void anInterruptEndsTheWaitForAPieceAndIsKept() throws Exception {
        Meeting meeting = new Meeting();
        try (InputStream unpacked = new ParallelUnpacking(meeting, new ByteArrayInputStream(new byte[1]))) {
            Thread.currentThread().interrupt();
            assertThrows(ClosedByInterruptException.class, unpacked::read);
            assertTrue(Thread.interrupted());
        } finally {
            meeting.two.countDown();
        }
    }

    @Test
    void theBytesOfPiecesAheadAreBounded() throws Exception {
        Assumptions.assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "there is only one processor");
        Meeting meeting = new Meeting();
        try (InputStream unpacked = new ParallelUnpacking(meeting, new ByteArrayInputStream(new byte[1_000]), 2)) {
            assertEquals(0, unpacked.read());
            assertTrue(meeting.read.get() <= 2, meeting.read + " pieces were read for the first byte");
            assertEquals(999, unpacked.readAllBytes().length);
        }
    }
}
