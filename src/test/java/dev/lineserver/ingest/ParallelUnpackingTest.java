package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
        byte[] archive = Archives.join(parts.toArray(byte[][]::new));
        for (int faults = random.nextInt(3); faults > 0; faults--) {
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
        }
    }
}
