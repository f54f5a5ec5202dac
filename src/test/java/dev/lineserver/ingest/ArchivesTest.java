package dev.lineserver.ingest;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;

import com.github.luben.zstd.ZstdInputStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZInputStream;

import dev.lineserver.line.Limits;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.embedded.EmbeddedStore;

import static dev.lineserver.ingest.Archives.ascii;
import static dev.lineserver.ingest.Archives.bgzf;
import static dev.lineserver.ingest.Archives.bzip2;
import static dev.lineserver.ingest.Archives.changed;
import static dev.lineserver.ingest.Archives.cut;
import static dev.lineserver.ingest.Archives.gzip;
import static dev.lineserver.ingest.Archives.gzipHeader;
import static dev.lineserver.ingest.Archives.join;
import static dev.lineserver.ingest.Archives.littleEndian;
import static dev.lineserver.ingest.Archives.lz4;
import static dev.lineserver.ingest.Archives.skippable;
import static dev.lineserver.ingest.Archives.xz;
import static dev.lineserver.ingest.Archives.zstd;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Archives are stored completely or refused, as {@code gzip -t}, {@code zstd -t} and the like decide. */
final class ArchivesTest {
    private static final long REFUSED = -1;
    private static final int SEED = 20261128;
    /** The archives by the names of their files. */
    private static final Map<String, Archive> ARCHIVES = archives();

    @TempDir
    Path directory;

    private static byte[] lines(String prefix, int count) {
        return ascii(IntStream.range(0, count).mapToObj(i -> prefix + i + "\n").collect(Collectors.joining()));
    }

    private record Archive(byte[] bytes, long lines) {}

    private static Map<String, Archive> archives() {
        byte[] first = gzip(lines("a", 1000));
        byte[] second = gzip(lines("b", 1000));
        byte[] text = zstd(lines("", 200_000));
        byte[] tail = zstd(ascii("tail\n"));
        byte[] checksummed = gzipHeader(2);
        CRC32 headerChecksum = new CRC32();
        headerChecksum.update(checksummed);
        byte[] crc16 = cut(littleEndian((int) headerChecksum.getValue()), 2);
        Map<String, Archive> all = new LinkedHashMap<>();
        all.put("bad-method.gz", new Archive(join(first, changed(second, 2, 9)), REFUSED));
        all.put("bad-magic.gz", new Archive(join(first, changed(second, 0, 0x1E)), REFUSED));
        all.put("cut-header.gz", new Archive(join(first, cut(second, 7)), REFUSED));
        all.put("zeros-between.gz", new Archive(join(first, new byte[512], second), REFUSED));
        all.put("garbage-after.gz", new Archive(join(first, ascii("not gzip at all, 32 bytes of it..")), REFUSED));
        all.put("one-byte-after.gz", new Archive(join(first, new byte[] {0x1F}), REFUSED));
        all.put("zeros-after.gz", new Archive(join(first, second, new byte[100_000]), 2000));
        all.put("members.gz", new Archive(join(first, gzip(new byte[0]), second), 2000));
        all.put(
                "all-fields.gz",
                new Archive(gzip(gzipHeader(0x1D, new byte[] {3, 0, 1, 2, 3}, ascii("n\0c\0")), lines("", 3)), 3));
        all.put("header-checksum.gz", new Archive(gzip(join(checksummed, crc16), lines("", 3)), 3));
        all.put("bad-header-checksum.gz", new Archive(gzip(join(checksummed, ascii("xx")), lines("", 3)), REFUSED));
        all.put("reserved-flag.gz", new Archive(gzip(gzipHeader(0x40), lines("", 3)), REFUSED));
        all.put("encrypted.gz", new Archive(gzip(gzipHeader(0x20), lines("", 3)), REFUSED));
        all.put("empty.gz", new Archive(new byte[0], REFUSED));
        all.putAll(blockedArchives());
        all.put("skip-first.zst", new Archive(join(skippable(0, 4), text), 200_000));
        all.put("skip-between.zst", new Archive(join(text, skippable(5, 70_000), tail), 200_001));
        all.put("skip-last.zst", new Archive(join(text, skippable(14, 9)), 200_000));
        all.put("skip-only.zst", new Archive(skippable(0, 4), 0));
        all.put("cut-skippable.zst", new Archive(join(text, cut(skippable(0, 4), 11)), REFUSED));
        all.put("cut-magic.zst", new Archive(join(text, cut(tail, 3)), REFUSED));
        all.put("zeros-after.zst", new Archive(join(text, new byte[16]), REFUSED));
        all.put("skip-cut-header.zst", new Archive(cut(skippable(0, 4), 6), REFUSED));
        all.put("skip-then-text.zst", new Archive(join(skippable(0, 4), ascii("text\n")), REFUSED));
        all.put(
                "window-2g.zst",
                new Archive(
                        HexFormat.of().parseHex("28b52ffd04a8210000610a620a2550b323"),
                        ZstdProgram.isInstalled() ? 2 : REFUSED));
        all.put("dictionary.zst", new Archive(HexFormat.of().parseHex("28b52ffd210703190000610a62"), REFUSED));
        all.put("reserved-bit.zst", new Archive(changed(tail, 4, tail[4] | 8), REFUSED));
        all.put("empty.zst", new Archive(new byte[0], REFUSED));
        all.putAll(bzip2Archives());
        all.putAll(xzArchives());
        all.putAll(lz4Archives());
        return all;
    }

    private static Map<String, Archive> blockedArchives() {
        byte[][] blocks =
                IntStream.range(0, 50).mapToObj(i -> bgzf(lines(i + " ", 500))).toArray(byte[][]::new);
        byte[] all = join(blocks);
        byte[] member = gzip(lines("a", 1000));
        byte[] block = blocks[0];
        Map<String, Archive> archives = new LinkedHashMap<>();
        archives.put("blocks.gz", new Archive(join(all, bgzf(new byte[0])), 25_000));
        archives.put("blocks-largest.gz", new Archive(join(bgzf(ascii("\n".repeat(1 << 16))), block), 66_036));
        archives.put("blocks-then-members.gz", new Archive(join(all, member, block), 26_500));
        archives.put("member-then-blocks.gz", new Archive(join(member, all), 26_000));
        archives.put("blocks-zeros-after.gz", new Archive(join(all, new byte[70_000]), 25_000));
        archives.put("blocks-zeros-between.gz", new Archive(join(all, new byte[9], all), REFUSED));
        archives.put("blocks-garbage-after.gz", new Archive(join(all, ascii("garbage")), REFUSED));
        archives.put("blocks-cut.gz", new Archive(cut(all, all.length - 1), REFUSED));
        archives.put("blocks-cut-header.gz", new Archive(join(all, cut(block, 17)), REFUSED));
        archives.put(
                "blocks-bad-checksum.gz", new Archive(join(all, changed(block, block.length - 8, 1), all), REFUSED));
        // The extra field does not count.
        archives.put("blocks-wrong-size.gz", new Archive(join(all, changed(block, 16, block[16] ^ 1), all), 50_500));
        archives.put("blocks-no-size.gz", new Archive(join(all, changed(changed(block, 16, 0), 17, 0)), 25_500));
        return archives;
    }

    private static Map<String, Archive> bzip2Archives() {
        byte[] text = bzip2(lines("a", 20_000));
        byte[] tail = bzip2(ascii("tail\n"));
        Map<String, Archive> all = new LinkedHashMap<>();
        all.put("streams.bz2", new Archive(join(text, bzip2(new byte[0]), tail), 20_001));
        all.put("no-content.bz2", new Archive(bzip2(new byte[0]), 0));
        all.put("cut.bz2", new Archive(cut(text, text.length - 1), REFUSED));
        all.put("cut-second.bz2", new Archive(join(text, cut(tail, 3)), REFUSED));
        all.put("bad-checksum.bz2", new Archive(changed(text, text.length - 2, text[text.length - 2] ^ 1), REFUSED));
        all.put("garbage-after.bz2", new Archive(join(text, ascii("BZ, but no stream")), REFUSED));
        all.put("zeros-after.bz2", new Archive(join(text, new byte[4]), REFUSED));
        all.put("empty.bz2", new Archive(new byte[0], REFUSED));
        return all;
    }

    private static Map<String, Archive> xzArchives() {
        byte[] text = xz(lines("a", 20_000));
        byte[] tail = xz(ascii("tail\n"), XZ.CHECK_SHA256);
        Map<String, Archive> all = new LinkedHashMap<>();
        all.put("streams.xz", new Archive(join(text, xz(new byte[0], XZ.CHECK_NONE), tail), 20_001));
        all.put("no-content.xz", new Archive(xz(new byte[0]), 0));
        all.put("padding.xz", new Archive(join(text, new byte[8], tail, new byte[4]), 20_001));
        all.put("odd-padding.xz", new Archive(join(text, new byte[3]), REFUSED));
        all.put("padding-first.xz", new Archive(join(new byte[4], text), REFUSED));
        all.put("cut.xz", new Archive(cut(text, text.length - 1), REFUSED));
        all.put("cut-second.xz", new Archive(join(text, cut(tail, 11)), REFUSED));
        all.put("garbage-after.xz", new Archive(join(text, ascii("not xz at all, 32 bytes of it...")), REFUSED));
        all.put("unknown-check.xz", new Archive(changed(text, 7, 2), REFUSED));
        all.put("empty.xz", new Archive(new byte[0], REFUSED));
        return all;
    }

    private static Map<String, Archive> lz4Archives() {
        byte[] text = lz4(lines("a", 20_000));
        byte[] tail = lz4(ascii("tail\n"), false, false, false);
        // Flags, block size, checksum of the two; then blocks, and the end mark.
        byte[] header = HexFormat.of().parseHex("04224d18604082");
        byte[] end = new byte[4];
        byte[] emptyBlock = HexFormat.of().parseHex("0100000000");
        byte[] plainBlock = join(littleEndian(1 << 31 | 5), ascii("tail\n"));
        byte[] sized = join(HexFormat.of().parseHex("04224d186840050000000000000061"), plainBlock, end);
        Map<String, Archive> all = new LinkedHashMap<>();
        all.put("frames.lz4", new Archive(join(text, lz4(new byte[0]), tail), 20_001));
        all.put("skip-first.lz4", new Archive(join(skippable(0, 4), skippable(15, 0), text), 20_000));
        all.put("skip-between.lz4", new Archive(join(text, skippable(5, 70_000), tail, skippable(14, 9)), 20_001));
        all.put("cut-skippable.lz4", new Archive(join(text, cut(skippable(0, 4), 11)), REFUSED));
        all.put("empty-block.lz4", new Archive(join(header, emptyBlock, plainBlock, emptyBlock, end), 1));
        all.put("no-blocks.lz4", new Archive(join(header, end), 0));
        all.put("size.lz4", new Archive(sized, 1));
        all.put("cut.lz4", new Archive(cut(text, text.length - 1), REFUSED));
        all.put("cut-magic.lz4", new Archive(join(text, cut(tail, 3)), REFUSED));
        all.put("bad-checksum.lz4", new Archive(changed(text, text.length - 1, text[text.length - 1] ^ 1), REFUSED));
        all.put("garbage-after.lz4", new Archive(join(text, ascii("text")), REFUSED));
        all.put("zeros-after.lz4", new Archive(join(text, new byte[4]), REFUSED));
        all.put("dictionary.lz4", new Archive(HexFormat.of().parseHex("04224d18614001000000d000000000"), REFUSED));
        all.put("empty.lz4", new Archive(new byte[0], REFUSED));
        return all;
    }

    /**
     * The table above is compared with the tools themselves, if this machine has them. Only the tools ignore what follows a
     * bzip2 stream, the end of the file in a skippable frame of LZ4, and a dictionary without use; all accept an empty file.
     */
    @TestFactory
    Stream<DynamicTest> theToolsGiveTheSameVerdict() {
        Map<String, String> tools = Map.of("gz", "gzip", "zst", "zstd", "bz2", "bzip2", "xz", "xz", "lz4", "lz4");
        Set<String> refusedHereOnly =
                Set.of("garbage-after.bz2", "zeros-after.bz2", "cut-skippable.lz4", "dictionary.lz4");
        return ARCHIVES.entrySet().stream()
                .filter(archive -> !refusedHereOnly.contains(archive.getKey())
                        && archive.getValue().bytes().length > 0)
                .map(archive -> DynamicTest.dynamicTest(archive.getKey(), () -> {
                    String name = archive.getKey();
                    String tool = Objects.requireNonNull(tools.get(name.substring(name.lastIndexOf('.') + 1)));
                    Path file = Files.write(
                            directory.resolve(name), archive.getValue().bytes());
                    Assumptions.assumeTrue(isOnPath(tool), tool + " is not on the PATH");
                    List<String> command = new ArrayList<>(List.of(tool, "-t", file.toString()));
                    if (tool.equals("zstd")) {
                        // By default it refuses windows of over 128 MiB.
                        command.add("--long=31");
                    }
                    int code = new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(directory.resolve("output").toFile())
                            .start()
                            .waitFor();
                    assertEquals(archive.getValue().lines() != REFUSED, code == 0, () -> name + ": exit " + code);
                }));
    }

    private static boolean isOnPath(String tool) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
    }

    @TestFactory
    Stream<DynamicTest> unusualArchivesAreStoredCompletelyOrRefused() {
        return ARCHIVES.entrySet().stream()
                .map(archive -> DynamicTest.dynamicTest(
                        archive.getKey(), () -> storeOrRefuse(archive.getKey(), archive.getValue())));
    }

    private void storeOrRefuse(String name, Archive archive) throws Exception {
        Path file = Files.write(directory.resolve(name), archive.bytes());
        try (LineStore store = EmbeddedStore.open(directory.resolve("data-" + name), null)) {
            if (archive.lines() != REFUSED) {
                Manifest stored =
                        Ingests.store(store, file, DatasetName.DEFAULT, false).manifest();
                assertEquals(archive.lines(), stored.lineCount());
                return;
            }
            SourceException e =
                    assertThrows(SourceException.class, () -> Ingests.store(store, file, DatasetName.DEFAULT, false));
            assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
            assertFalse(e.getMessage().contains("\n"), e.getMessage());
            assertEquals(Optional.empty(), store.current(DatasetName.DEFAULT));
        }
    }

    /** The program would not name the remedy. */
    @Test
    void aDictionaryIsReportedWithTheRemedyAlsoIfZstdIsInstalled() {
        byte[] archive = Objects.requireNonNull(ARCHIVES.get("dictionary.zst")).bytes();
        IOException e = assertThrows(IOException.class, () -> unpack(Compression.ZSTD, archive));
        assertTrue(String.valueOf(e.getMessage()).contains("compressed with a dictionary"), e.getMessage());
    }

    /** Random bytes, the first 100,000 of which come again at a distance. */
    private static byte[] withRepetition(int length, int distance) {
        byte[] content = new byte[length];
        new Random(SEED).nextBytes(content);
        System.arraycopy(content, 0, content, distance, 100_000);
        return content;
    }

    /** A match that begins before the library's largest window, in several frames, one of which has a small window. */
    @Test
    void aWindowThatIsTooLargeForTheLibraryIsUnpackedByZstd() throws Exception {
        Assumptions.assumeTrue(ZstdProgram.isInstalled(), "zstd is not installed");
        byte[] content = withRepetition(14 << 20, 12 << 20);
        byte[] packed = zstd(content, 5, true, 24);
        assertTrue(packed.length < content.length - 90_000, "the encoder found no match across the window");
        byte[] unpacked = unpack(Compression.ZSTD, join(packed, zstd(ascii("between")), packed));
        assertArrayEquals(join(content, ascii("between"), content), unpacked);
        byte[] afterSmallFrames = join(zstd(ascii("one")), zstd(ascii("two")), packed);
        assertArrayEquals(join(ascii("onetwo"), content), unpack(Compression.ZSTD, afterSmallFrames));

        byte[] damaged = packed.clone();
        damaged[packed.length / 2] ^= 1;
        byte[] cut = Arrays.copyOf(packed, packed.length - 5);
        for (byte[] archive : List.of(damaged, join(packed, ascii("garbage")))) {
            IOException e = assertThrows(IOException.class, () -> unpack(Compression.ZSTD, archive));
            String message = String.valueOf(e.getMessage());
            assertTrue(message.matches("its zstd data is damaged \\([^/\n]+\\); fetch it again"), message);
        }
        assertThrows(EOFException.class, () -> unpack(Compression.ZSTD, cut));
        IOException failure = new IOException("the disk fails");
        InputStream begun = Compression.ZSTD.unpack(failing(cut, failure));
        assertSame(failure, assertThrows(IOException.class, begun::readAllBytes));
    }

    @Test
    void closingASourceEndsZstd() throws Exception {
        Assumptions.assumeTrue(ZstdProgram.isInstalled(), "zstd is not installed");
        byte[] content = new byte[20 << 20];
        new Random(SEED).nextBytes(content);
        try (InputStream unpacked = Compression.ZSTD.unpack(new ByteArrayInputStream(zstd(content, 1, false, 24)))) {
            assertEquals(1, unpacked.read(new byte[1]));
            assertTrue(isZstdRunning());
        }
        Awaitility.await().until(() -> !isZstdRunning());
    }

    private static boolean isZstdRunning() {
        return ProcessHandle.current()
                .children()
                .anyMatch(child -> child.info().command().orElse("").endsWith("zstd"));
    }

    /** Without its own thread for this, an interrupt would wait for a pipe to which nobody writes. */
    @Test
    void anInterruptEndsTheReadFromZstd() throws Exception {
        Assumptions.assumeTrue(ZstdProgram.isInstalled(), "zstd is not installed");
        byte[] content = new byte[12 << 20];
        new Random(SEED).nextBytes(content);
        byte[] packed = zstd(content, 1, false, 24);
        try (PipedOutputStream out = new PipedOutputStream();
                InputStream pipe = new BufferedInputStream(new PipedInputStream(out, packed.length))) {
            out.write(packed, 0, packed.length / 2);
            CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                try (InputStream unpacked = Compression.ZSTD.unpack(pipe)) {
                    interrupted.complete(unpacked.readAllBytes().length < 0);
                } catch (IOException e) {
                    interrupted.complete(Thread.currentThread().isInterrupted());
                }
            });
            Awaitility.await().until(ArchivesTest::isZstdRunning);
            reader.interrupt();
            assertTrue(interrupted.get(1, TimeUnit.MINUTES));
        }
    }

    /** The library has the same limit, but {@link ZstdFrames} refuses larger windows before the library reads them. */
    @Test
    void theLibraryUnpacksTheLargestWindowAndALargerOneIsRefused() throws Exception {
        int windowLog = 23;
        byte[] content = withRepetition((1 << windowLog) + 1_000_000, (1 << windowLog) - 1_000);
        byte[] packed = zstd(content, 5, false, windowLog);
        assertTrue(packed.length < content.length - 90_000, "the encoder found no match across the window");
        byte[] unpacked = unpack(Compression.ZSTD, join(packed, zstd(ascii("between")), packed));
        assertArrayEquals(join(content, ascii("between"), content), unpacked);
        byte[] wider = zstd(content, 1, false, windowLog + 1);
        IOException e = assertThrows(IOException.class, () -> unpackByLibrary(wider));
        assertTrue(String.valueOf(e.getMessage()).contains("a window of 16 MiB"), e.getMessage());
        byte[] laterFrame = join(packed, wider);
        IOException later = assertThrows(IOException.class, () -> unpackByLibrary(laterFrame));
        assertTrue(
                String.valueOf(later.getMessage()).endsWith("without zstd; unpack it with zstd -d --long=24"),
                later.getMessage());
        if (ZstdProgram.isInstalled()) {
            assertArrayEquals(join(content, content), unpack(Compression.ZSTD, laterFrame), "after a short frame");
        }
    }

    @Test
    void anXzWindowThatIsTooLargeIsReportedWithTheCommandThatUnpacksIt() {
        ByteArrayInputStream archive = new ByteArrayInputStream(xz(ascii("text\n")));
        IOException e = assertThrows(
                IOException.class,
                () -> new Unpacked(Compression.XZ, archive, from -> new XZInputStream(from, 100)).readAllBytes());
        assertEquals(
                "unpacking it takes 1 MiB of memory, and the limit is 0 MiB, half of the heap; unpack it in a pipe:"
                        + " xz -dc FILE | line-server ingest -",
                e.getMessage());
    }

    /** A message that the data is damaged would be wrong, and an interrupt is known by the type of its exception. */
    @Test
    @SuppressWarnings("InputStreamSlowMultibyteRead") // Every read fails.
    void aReadThatFailsIsNotTakenForDamage() {
        IOException failure = new ClosedByInterruptException();
        for (Compression compression : Set.of(Compression.ZSTD, Compression.BZIP2, Compression.XZ, Compression.LZ4)) {
            byte[] archive = Objects.requireNonNull(smallArchives().get(compression.toString()));
            InputStream interrupted = failing(cut(archive, archive.length / 2), failure);
            assertSame(
                    failure,
                    assertThrows(
                            IOException.class,
                            () -> compression.unpack(interrupted).readAllBytes()));
        }
    }

    /** The program zstd takes the end of the bytes read for the end of the archive. */
    @Test
    void aReadThatFailsIsNotTakenForTheEndOfTheArchive() {
        IOException failure = new ClosedByInterruptException();
        InputStream unpacked = new Unpacked(Compression.ZSTD, failing(new byte[9], failure), packed -> {
            assertThrows(IOException.class, packed::readAllBytes);
            throw new EOFException();
        });
        assertSame(failure, assertThrows(IOException.class, unpacked::readAllBytes));
    }

    @Test
    void aLargeSingleSegmentFrameIsUnpacked() throws Exception {
        byte[] content = new byte[9 << 20];
        new Random(SEED).nextBytes(content);
        byte[] packed = com.github.luben.zstd.Zstd.compress(content, 20);
        assertTrue((packed[4] & 0x20) != 0, "not a single segment");
        assertArrayEquals(content, unpack(Compression.ZSTD, packed));
    }

    /** A stream of these bytes that then fails. */
    private static InputStream failing(byte[] bytes, IOException failure) {
        return new BufferedInputStream(new InputStream() {
            private final ByteArrayInputStream readable = new ByteArrayInputStream(bytes);

            @Override
            public int read() throws IOException {
                throw failure;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                int count = readable.read(into, offset, length);
                if (count < 0) {
                    throw failure;
                }
                return count;
            }
        });
    }

    private static byte[] unpackByLibrary(byte[] archive) throws IOException {
        return new Unpacked(
                        Compression.ZSTD,
                        new ZstdFrames(new ByteArrayInputStream(archive)),
                        io.airlift.compress.v3.zstd.ZstdInputStream::new)
                .readAllBytes();
    }

    private static byte[] unpack(Compression compression, byte[] archive) throws IOException {
        InputStream unpacked = compression.unpack(new ByteArrayInputStream(archive));
        Source source = new Source("archive", compression, unpacked, null, null);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (Block block = new Block(Limits.BLOCK_BYTES); source.assign(block); ) {
            content.write(block.bytes, 0, block.length);
        }
        return content.toByteArray();
    }

    /** Returns the content; null if the archive is refused. */
    private static byte @Nullable [] unpackOrRefuse(Compression compression, byte[] archive) {
        try {
            return unpack(compression, archive);
        } catch (IOException refused) {
            return null;
        }
    }

    /** Small archives of each kind, to be damaged after the first bytes, which identify the kind. */
    private static Map<String, byte[]> smallArchives() {
        byte[] text = lines("line ", 40);
        Map<String, byte[]> small = new LinkedHashMap<>();
        small.put(
                "gzip",
                join(gzip(text), gzip(gzipHeader(0x1C, new byte[] {1, 0, 7}, ascii("name\0c\0")), lines("x", 9))));
        small.put("bgzf", join(bgzf(text), bgzf(lines("x", 9))));
        small.put("zstd", join(zstd(text), skippable(3, 5), zstd(lines("x", 9), 3, true, 12)));
        small.put("bzip2", join(bzip2(text), bzip2(lines("x", 9))));
        small.put("xz", join(xz(text), new byte[4], xz(lines("x", 9), XZ.CHECK_CRC32)));
        small.put("lz4", join(lz4(text), skippable(3, 5), lz4(lines("x", 9), true, false, false)));
        return small;
    }

    private interface Damaging {
        /** @param whole the content of the archive */
        void test(Compression compression, byte[] archive, byte[] whole);
    }

    private static Stream<DynamicTest> ofEachKind(Damaging damaging) {
        return smallArchives().entrySet().stream()
                .map(archive -> DynamicTest.dynamicTest(archive.getKey(), () -> {
                    byte[] bytes = archive.getValue();
                    Compression compression = Compression.of(bytes);
                    damaging.test(compression, bytes, unpack(compression, bytes));
                }));
    }

    @TestFactory
    Stream<DynamicTest> aTruncatedArchiveIsRefusedUnlessItEndsWithAMember() {
        return ofEachKind((compression, archive, whole) -> {
            int accepted = 0;
            for (int length = 4; length < archive.length; length++) {
                byte[] unpacked = unpackOrRefuse(compression, cut(archive, length));
                if (unpacked != null) {
                    accepted++;
                    assertArrayEquals(cut(whole, unpacked.length), unpacked, "cut to " + length);
                }
            }
            // After a member, and after what may follow it.
            boolean oneCut = compression == Compression.GZIP || compression == Compression.BZIP2;
            assertEquals(oneCut ? 1 : 2, accepted);
        });
    }

    @TestFactory
    Stream<DynamicTest> anArchiveWithAnyBitFlippedYieldsItsContentOrIsRefused() {
        return ofEachKind((compression, archive, whole) -> {
            for (int bit = 0; bit < archive.length * Byte.SIZE; bit++) {
                byte[] flipped = changed(archive, bit / 8, archive[bit / 8] ^ 1 << bit % 8);
                byte[] unpacked = unpackOrRefuse(compression, flipped);
                if (unpacked != null) {
                    assertArrayEquals(whole, unpacked, "bit " + bit);
                }
            }
        });
    }

    /**
     * A damaged frame without a checksum may be valid. Then its content must be that of the reference implementation.
     * The library detects less damage: only the reference implementation refuses about 3 in 100 of these archives.
     */
    @Test
    void damagedButValidFramesAreReadLikeTheReferenceImplementation() {
        Random random = new Random(SEED);
        int rounds = 5_000;
        int valid = 0;
        int undetected = 0;
        for (int round = 0; round < rounds; round++) {
            byte[] content = lines("line " + round % 7, 5 + random.nextInt(60));
            int windowLog = random.nextBoolean() ? 0 : 10 + random.nextInt(10);
            byte[] archive = zstd(content, 1 + random.nextInt(6), false, windowLog);
            for (int damages = random.nextInt(3); damages >= 0; damages--) {
                archive[4 + random.nextInt(archive.length - 4)] = (byte) random.nextInt();
            }
            byte[] reference = reference(archive);
            byte[] unpacked = unpackOrRefuse(Compression.ZSTD, archive);
            boolean narrow = (archive[4] & 0x20) != 0 || (archive[5] & 0xFF) >>> 3 <= 13;
            if (reference != null && narrow) {
                valid++;
                assertArrayEquals(
                        reference,
                        unpacked,
                        "round " + round + ": " + HexFormat.of().formatHex(archive));
            } else if (reference == null && unpacked != null) {
                undetected++;
            }
        }
        assertTrue(valid > rounds / 10, valid + " valid archives");
        assertTrue(undetected < rounds / 25, undetected + " archives that only the reference refuses");
    }

    private static byte @Nullable [] reference(byte[] archive) {
        try (ZstdInputStream unpacked = new ZstdInputStream(new ByteArrayInputStream(archive))) {
            return unpacked.readAllBytes();
        } catch (IOException refused) {
            return null;
        }
    }
}
