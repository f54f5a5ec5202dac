package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.management.ThreadMXBean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.Limits;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.embedded.EmbeddedStore;

import static dev.lineserver.ingest.Archives.ascii;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** How sources are opened: in place, as a stream, or unpacked. */
final class SourcesTest implements Progress {
    private static final byte[] TEXT = ascii("one\ntwo\nthree");

    @TempDir
    Path directory;

    private final InputStream standardInput = System.in;
    private final List<String> notes = new ArrayList<>();
    private EmbeddedStore store;

    @BeforeEach
    void open() throws Exception {
        store = EmbeddedStore.open(directory.resolve("data"), null);
    }

    @AfterEach
    void close() {
        System.setIn(standardInput);
        store.close();
    }

    @Override
    public void update(long position, long size, long lines) {}

    @Override
    public void note(String text) {
        notes.add(text);
    }

    private Manifest ingest(String name) throws Exception {
        return new Ingest(store, this)
                .store(List.of(name), Ingests.options(DatasetName.DEFAULT, false, false))
                .manifest();
    }

    @ParameterizedTest
    @ValueSource(strings = {"log.gz.1", "log.tgz", "log.bgz", "log.dz", "log.GZ", "log", "log.txt", "log.zst"})
    void gzipIsRecognisedUnderAnyNameAndReported(String name) throws Exception {
        assertUnpacked(name, Archives.gzip(TEXT), "gzip");
    }

    @ParameterizedTest
    @ValueSource(strings = {"log.zst.1", "log.zstd", "log", "log.txt", "log.gz"})
    void zstdIsRecognisedUnderAnyNameAndReported(String name) throws Exception {
        assertUnpacked(name, Archives.zstd(TEXT), "zstd");
        assertUnpacked(name, Archives.join(Archives.skippable(9, 3), Archives.zstd(TEXT)), "zstd");
    }

    @ParameterizedTest
    @ValueSource(strings = {"log.1", "log", "log.txt", "log.gz", "log.bz2", "log.TBZ2", "log.xz", "log.txz", "log.lz4"})
    void bzip2AndXzAndLz4AreRecognisedUnderAnyNameAndReported(String name) throws Exception {
        assertUnpacked(name, Archives.bzip2(TEXT), "bzip2");
        assertUnpacked(name, Archives.xz(TEXT), "xz");
        assertUnpacked(name, Archives.lz4(TEXT), "lz4");
        assertUnpacked(name, Archives.join(Archives.skippable(9, 3), Archives.lz4(TEXT)), "lz4");
    }

    /** The first bytes of these are letters, so text may begin with them, too. */
    @ParameterizedTest
    @ValueSource(strings = {"BZh91 is a bus\n", "BZh9", "BZh", "B"})
    void textThatBeginsLikeBzip2IsStoredAsItIs(String text) throws Exception {
        Path file = Files.writeString(directory.resolve("text"), text);
        assertEquals(text.length(), ingest(file.toString()).byteCount());
    }

    private void assertUnpacked(String name, byte[] archive, String kind) throws Exception {
        notes.clear();
        Path file = Files.write(directory.resolve(name), archive);
        assertEquals(3, ingest(file.toString()).lineCount());
        assertEquals(List.of(file + " is " + kind + "-compressed; unpacking it"), notes);
        Path link = directory.resolve("link");
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, file);
        assertEquals(3, ingest(link.toString()).lineCount());
        System.setIn(new ByteArrayInputStream(archive));
        notes.clear();
        assertEquals(3, ingest(Source.STDIN).lineCount());
        assertEquals(List.of("standard input is " + kind + "-compressed; unpacking it"), notes);
    }

    /** The blocks are allocated by the thread that reads. */
    @Test
    void aSmallFileIsReadWithLittleMemory() throws Exception {
        Path file = Files.write(directory.resolve("text"), TEXT);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Source source = Source.open(file.toString())) {
            long before = threads.getCurrentThreadAllocatedBytes();
            assertEquals(3, new SourceReader(source, this).read(_ -> {}).lineCount());
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < Limits.BLOCK_BYTES, allocated + " bytes");
        }
    }

    @Test
    void everySampleHasTheSameContentFromAFileAndFromStandardInput() throws Exception {
        for (var sample : Samples.all().entrySet()) {
            byte[] text = sample.getValue();
            byte[] head = Archives.cut(text, text.length / 2);
            byte[] tail = Arrays.copyOfRange(text, head.length, text.length);
            Path plain = Files.write(directory.resolve("plain"), text);
            Manifest expected = ingest(plain.toString());
            assertEquals(Samples.linesOf(text).size(), expected.lineCount(), sample.getKey());
            for (byte[] bytes : List.of(
                    text,
                    Archives.join(Archives.gzip(head), Archives.gzip(tail)),
                    Archives.join(Archives.zstd(head), Archives.zstd(tail)),
                    Archives.join(Archives.bzip2(head), Archives.bzip2(tail)),
                    Archives.join(Archives.xz(head), Archives.xz(tail)),
                    Archives.join(Archives.lz4(head), Archives.lz4(tail)))) {
                System.setIn(new ByteArrayInputStream(bytes));
                assertEquals(expected.content(), Ingests.content(Path.of(Source.STDIN)), sample.getKey());
                Path file = Files.write(directory.resolve("file"), bytes);
                assertEquals(expected.content(), Ingests.content(file), sample.getKey());
            }
        }
    }

    @Test
    void storeIfChangedAlwaysStoresStandardInput() throws Exception {
        Ingest ingest = new Ingest(store, this);
        for (byte[] text : List.of(TEXT, Archives.gzip(ascii("four\n")))) {
            System.setIn(new ByteArrayInputStream(text));
            assertTrue(ingest.storeIfChanged(List.of(Source.STDIN), Ingests.options(DatasetName.DEFAULT, false, false))
                    .stored());
        }
        assertEquals(1, store.current(DatasetName.DEFAULT).orElseThrow().lineCount());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileOfProcIsStoredWithAllItsBytes() throws Exception {
        Path cpus = Path.of("/proc/self/limits");
        long lines = Files.readAllLines(cpus).size();
        assertEquals(0, Files.size(cpus));
        assertEquals(lines, ingest(cpus.toString()).lineCount());
        assertTrue(ingest("/proc/cpuinfo").byteCount() > 0);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileShorterThanItsSizeIsRefused() throws Exception {
        Path sys = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
        org.junit.jupiter.api.Assumptions.assumeTrue(Files.isReadable(sys));
        assertTrue(Files.size(sys) > Files.readAllBytes(sys).length);
        assertThrows(SourceException.class, () -> ingest(sys.toString()));
        assertEquals(Optional.empty(), store.current(DatasetName.DEFAULT));
    }

    /**
     * A path such as {@code /proc/self/fd/5} names another file, or none, in the server process that reads it later.
     */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aDescriptorIsResolvedToItsFileOrCopied() throws Exception {
        Path file = Files.write(directory.resolve("file"), TEXT);
        try (InputStream held = Files.newInputStream(file)) {
            assertNotNull(held);
            Path descriptor = descriptorOf(file);
            try (Source source = Source.open(descriptor.toString())) {
                assertEquals(file.toRealPath().toString(), source.name());
                assertTrue(source.isPlainFile());
            }
            Files.delete(file);
            assertCopied(descriptor);
            Files.write(file, ascii("another file\nof that name"));
            assertCopied(descriptor);
        }
    }

    /** The descriptor of a removed file is a link to its path and this suffix, which may be the name of another file. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aDescriptorIsNotTakenForAnotherFile() throws Exception {
        Path file = Files.write(directory.resolve("file"), TEXT);
        try (InputStream held = Files.newInputStream(file)) {
            assertNotNull(held);
            Path descriptor = descriptorOf(file);
            Files.delete(file);
            Files.write(directory.resolve("file (deleted)"), ascii("another file"));
            SourceException e = assertThrows(SourceException.class, () -> Source.open(descriptor.toString()));
            assertTrue(e.getMessage().contains("changed while it was read"), e.getMessage());
        }
    }

    @Test
    void aSourceClosesItsBytesUnlessTheyAreStandardInput() {
        for (String name : List.of("pipe", Source.STDIN)) {
            AtomicInteger closes = new AtomicInteger();
            InputStream bytes = new ByteArrayInputStream(TEXT) {
                @Override
                public void close() {
                    closes.incrementAndGet();
                }
            };
            new Source(name, Compression.NONE, bytes, null, null).close();
            assertEquals(name.equals(Source.STDIN) ? 0 : 1, closes.get(), name);
        }
    }

    /** There may be more files than descriptors. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void joinedFilesAreOpenOnlyInTheirTurn() throws Exception {
        Path file = Files.write(directory.resolve("file"), TEXT);
        try (Source joined = Source.open(List.of(file.toString(), file.toString()))) {
            assertThrows(NoSuchElementException.class, () -> descriptorOf(file));
            new SourceReader(joined, this).read(_ -> {});
            assertThrows(NoSuchElementException.class, () -> descriptorOf(file));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aRefusedFileIsClosed() throws Exception {
        Path file = Files.write(directory.resolve("text.gz"), TEXT);
        assertThrows(SourceException.class, () -> Source.open(file.toString()));
        assertThrows(NoSuchElementException.class, () -> descriptorOf(file));
    }

    @Test
    void aRegularFileIsKnownByItsPathAndStamp() throws Exception {
        Path file = Files.write(directory.resolve("file"), TEXT);
        BuildRequest.SourceFile expected = new BuildRequest.SourceFile(file.toRealPath(), FileStamp.of(file));
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        for (Path path : List.of(file, link)) {
            try (Source source = Source.open(path.toString())) {
                assertEquals(expected, source.file());
                assertEquals(TEXT.length, source.size());
            }
        }
    }

    private void assertCopied(Path descriptor) throws Exception {
        try (Source source = Source.open(descriptor.toString())) {
            assertNull(source.file());
        }
        Manifest manifest = ingest(descriptor.toString());
        assertEquals(3, manifest.lineCount());
        assertEquals(descriptor.toString(), manifest.sourceName());
    }

    private static Path descriptorOf(Path file) throws Exception {
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .filter(fd -> {
                        try {
                            return Files.readSymbolicLink(fd).equals(file.toRealPath());
                        } catch (java.io.IOException closed) {
                            return false;
                        }
                    })
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aPipeIsReadAsAStream() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Thread writer = Thread.ofVirtual().start(() -> {
            try (OutputStream out = Files.newOutputStream(pipe)) {
                out.write(Archives.gzip(TEXT));
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        assertEquals(3, ingest(pipe.toString()).lineCount());
        writer.join();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anInterruptEndsTheWaitForTheWriterOfAPipe(boolean opened) throws Exception {
        Path pipe = directory.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        FutureTask<Exception> opening =
                new FutureTask<>(() -> assertThrows(Exception.class, () -> Source.open(pipe.toString())));
        // A pipe that is opened for reading and writing does not wait for the other side.
        try (RandomAccessFile silent = new RandomAccessFile(
                opened ? pipe.toFile() : directory.resolve("other").toFile(), "rw")) {
            assertNotNull(silent);
            Thread opener = Thread.ofPlatform().daemon().start(opening);
            String waiting = opened ? "peek" : "openPipe";
            Awaitility.await()
                    .until(() -> Arrays.stream(opener.getStackTrace())
                            .anyMatch(frame -> frame.getMethodName().equals(waiting)));
            opener.interrupt();
            assertNotNull(opening.get(1, TimeUnit.MINUTES));
        }
    }

    /** The size and the modification time stay the same: only the change time or the inode shows the change. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileReplacedOrRewrittenWhileItIsReadIsNotPublished(boolean replace) throws Exception {
        for (byte[] bytes : List.of(TEXT, Archives.gzip(TEXT))) {
            Path file = Files.write(directory.resolve("file"), bytes);
            FileTime time = Files.getLastModifiedTime(file);
            try (Source source = Source.open(file.toString())) {
                Path changed = replace ? Files.write(directory.resolve("other"), bytes) : Files.write(file, bytes);
                Files.setLastModifiedTime(changed, time);
                Files.move(changed, file, StandardCopyOption.REPLACE_EXISTING);
                SourceException e = assertThrows(
                        SourceException.class,
                        () -> new Ingest(store, this)
                                .store(source, Ingests.options(DatasetName.DEFAULT, false, false)));
                assertTrue(e.getMessage().contains("changed while it was read"), e.getMessage());
            }
            assertEquals(Optional.empty(), store.current(DatasetName.DEFAULT));
        }
    }

    /** Standard input must not be opened by its descriptor: Java may have reused number 0 for a file of its own. */
    @ParameterizedTest
    @ValueSource(strings = {Source.STDIN, "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
    void closedStandardInputIsRefused(String name) throws Exception {
        InputStream closed = InputStream.nullInputStream();
        closed.close();
        System.setIn(closed);
        SourceException e = assertThrows(SourceException.class, () -> Source.open(name));
        assertTrue(e.getMessage().startsWith("cannot read standard input: "), e.getMessage());
    }

    @Test
    @SuppressWarnings("InputStreamSlowMultibyteRead") // Every read fails.
    void tooLittleHeapIsThrownAndNothingIsPublished() throws Exception {
        InputStream hungry = new InputStream() {
            @Override
            public int read() {
                throw new OutOfMemoryError("Java heap space");
            }
        };
        Source source = new Source(Source.STDIN, Compression.NONE, hungry, null, null);
        assertThrows(
                OutOfMemoryError.class,
                () -> new Ingest(store, this).store(source, Ingests.options(DatasetName.DEFAULT, false, false)));
        assertEquals(Optional.empty(), store.current(DatasetName.DEFAULT));
    }

    @Test
    void aFileThatDoesNotExistIsNamedOnce() {
        String name = "@no such/file";
        SourceException e = assertThrows(SourceException.class, () -> Source.open(name));
        assertEquals("cannot read " + Path.of(name).toAbsolutePath() + ": it does not exist", e.getMessage());
    }

    @Test
    void anEmptyNameIsRefused() {
        SourceException e = assertThrows(SourceException.class, () -> Source.open(""));
        assertEquals("the name of the file is empty; name a file, or - for standard input", e.getMessage());
    }

    @Test
    void aNameThatNoLocaleCanExpressIsRefused() {
        SourceException e = assertThrows(SourceException.class, () -> Source.open("a\0b"));
        assertTrue(e.getMessage().contains("set LC_ALL=C.UTF-8"), e.getMessage());
    }

    @Test
    void aPlanOfACompressedFileCountsTheCopy() throws Exception {
        Path plain = Files.write(directory.resolve("plain"), TEXT);
        Path packed = Files.write(directory.resolve("packed"), Archives.zstd(TEXT));
        try (Source source = Source.open(plain.toString());
                Source unpacked = Source.open(packed.toString())) {
            assertTrue(!Planning.shape(source, false, false, this).copied());
            assertTrue(Planning.shape(unpacked, false, false, this).copied());
        }
    }
}
