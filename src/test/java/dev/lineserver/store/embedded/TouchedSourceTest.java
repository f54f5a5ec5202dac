package dev.lineserver.store.embedded;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.ingest.Ingests;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.store.Await;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A source in place is touched, changed, replaced or removed while it is served. */
final class TouchedSourceTest {
    private static final String TEXT = "one\ntwo\nthree\n";
    private static final byte[] LINES_OF_100 =
            "x".repeat(99).concat("\n").repeat(3 * Limits.BLOCK_BYTES / 100).getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path directory;

    private EmbeddedStore store;
    private Path source;

    @BeforeEach
    void open() throws Exception {
        store = EmbeddedStore.open(directory.resolve("data"), null);
        source = Files.writeString(directory.resolve("source.txt"), TEXT);
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    }

    private Manifest ingest() throws Exception {
        store.drop(DatasetName.DEFAULT);
        return Ingests.store(store, source, DatasetName.DEFAULT, false).manifest();
    }

    private LinesFile openLines() throws Exception {
        DatasetDirectory versions = new DatasetDirectory(directory.resolve("data/default"), new Disk());
        return versions.lines(versions.manifest(versions.versions().published().getLast()), new BlockCache(0));
    }

    private static String text(Snapshot snapshot, long lineIndex) throws Exception {
        Lookup.Found found = assertInstanceOf(Lookup.Found.class, Await.result(snapshot.lookup(lineIndex)));
        return new String(found.line(), StandardCharsets.UTF_8);
    }

    private static void assertRefused(Snapshot snapshot) {
        for (int i = 0; i < 3; i++) {
            long lineIndex = i;
            assertThrows(StoreUnavailableException.class, () -> Await.result(snapshot.lookup(lineIndex)));
        }
        assertThrows(StoreUnavailableException.class, snapshot::check);
    }

    private void touch() throws Exception {
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2021-01-01T00:00:00Z")));
    }

    private void overwrite(String content) throws Exception {
        FileTime time = Files.getLastModifiedTime(source);
        Files.writeString(source, content);
        Files.setLastModifiedTime(source, time);
    }

    private void replace(String content) throws Exception {
        FileTime time = Files.getLastModifiedTime(source);
        Path other = Files.writeString(directory.resolve("other"), content);
        Files.setLastModifiedTime(other, time);
        Files.move(other, source, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void anOverwrittenSourceOfTheSameLengthIsRefusedAtOnce() throws Exception {
        try (Snapshot snapshot = store.open(ingest())) {
            assertEquals("two", text(snapshot, 1));
            Files.writeString(source, TEXT.toUpperCase(Locale.ROOT));
            assertRefused(snapshot);
        }
    }

    @Test
    void aSourceThatGrewIsRefused() throws Exception {
        try (Snapshot snapshot = store.open(ingest())) {
            Files.writeString(source, TEXT + "four\n");
            assertRefused(snapshot);
        }
    }

    @Test
    void aTruncatedSourceIsRefused() throws Exception {
        try (Snapshot snapshot = store.open(ingest())) {
            Files.writeString(source, "one\n");
            assertRefused(snapshot);
        }
    }

    @Test
    void aRemovedSourceIsRefusedAndServedAgainWhenItIsRestored() throws Exception {
        Manifest manifest = ingest();
        try (Snapshot snapshot = store.open(manifest)) {
            Path away = Files.move(source, directory.resolve("away"));
            assertRefused(snapshot);
            StoreException e = assertThrows(
                    StoreUnavailableException.class, () -> store.open(manifest).close());
            assertTrue(e.getMessage().contains(source + ": it does not exist"), e.getMessage());
            Files.move(away, source);
            assertEquals("one", text(snapshot, 0));
        }
    }

    @Test
    void otherBytesOfTheSameSizeAndTimeAreRefusedAfterARestart() throws Exception {
        Manifest manifest = ingest();
        overwrite(TEXT.toUpperCase(Locale.ROOT));
        try (Snapshot restarted = store.open(manifest)) {
            assertRefused(restarted);
        }
        replace(TEXT.toUpperCase(Locale.ROOT));
        try (Snapshot restarted = store.open(manifest)) {
            assertRefused(restarted);
        }
    }

    /**
     * Until the check, the store reads the file that it has opened. Its path now names another file; its bytes are
     * right.
     */
    @Test
    void otherBytesOfTheSameSizeAndTimeThatReplaceTheSourceAreRefusedByTheCheck() throws Exception {
        try (Snapshot snapshot = store.open(ingest())) {
            replace(TEXT.toUpperCase(Locale.ROOT));
            assertEquals("one", text(snapshot, 0));
            assertThrows(StoreUnavailableException.class, snapshot::check);
            assertRefused(snapshot);
            replace(TEXT);
            snapshot.check();
            assertEquals("one", text(snapshot, 0));
        }
    }

    @FunctionalInterface
    private interface Touch {
        void touch() throws Exception;
    }

    @TestFactory
    Stream<DynamicTest> aSourceWhoseBytesStayTheSameIsServedThroughout() {
        Map<String, Touch> touches = Map.of(
                "another time",
                this::touch,
                "overwritten",
                () -> overwrite(TEXT),
                "replaced",
                () -> replace(TEXT),
                "other permissions",
                () -> Files.setPosixFilePermissions(source, PosixFilePermissions.fromString("r--r--r--")));
        return touches.entrySet().stream()
                .map(touch -> DynamicTest.dynamicTest(touch.getKey(), () -> assertServedThroughout(touch.getValue())));
    }

    private void assertServedThroughout(Touch touch) throws Exception {
        Files.setPosixFilePermissions(source, PosixFilePermissions.fromString("rw-r--r--"));
        try (Snapshot snapshot = store.open(ingest());
                LinesFile lines = openLines()) {
            assertFalse(lines.isInDoubt());
            touch.touch();
            assertEquals("one", text(snapshot, 0));
            assertEquals("three", text(snapshot, 2));
            try (LinesFile restarted = openLines()) {
                assertTrue(restarted.isInDoubt(), "considered untouched after a restart");
                assertEquals("two", new String(restarted.readVerified(4, 3), StandardCharsets.UTF_8));
                restarted.check();
                assertFalse(restarted.isInDoubt());
            }
            for (int round = 0; round < 2; round++) {
                lines.check();
                snapshot.check();
                assertFalse(lines.isInDoubt());
                assertTrue(lines.readUnvalidated(0, ByteBuffer.allocate(3)).isUntouched(lines.readAttributes()));
                assertEquals("two", text(snapshot, 1));
            }
        }
    }

    /** The bytes of a range before the changed block are right; the block itself fails, and so does the rest. */
    @Test
    void aRangeOfASourceThatChangesMeanwhileHasNoWrongByte() throws Exception {
        Files.write(source, LINES_OF_100);
        byte[] changed = LINES_OF_100.clone();
        changed[Limits.BLOCK_BYTES + 5_000] = 'y';
        try (Snapshot snapshot = store.open(ingest())) {
            LineRange range = snapshot.range(0, LINES_OF_100.length / 100);
            ByteBuffer block = ByteBuffer.allocate(LINES_OF_100.length).limit(100_000);
            Await.result(range.fill(block));
            assertEquals(100_000, block.position());
            Files.write(source, changed);
            // In doubt from here on: blocks of the file are verified, whatever the size of the buffer is.
            Await.result(range.fill(block.limit(150_000)));
            assertThrows(
                    StoreUnavailableException.class,
                    () -> Await.result(range.fill(block.limit(Limits.BLOCK_BYTES + 10_000))));
            assertEquals(150_000, block.position());
            assertArrayEquals(Arrays.copyOf(LINES_OF_100, 150_000), Arrays.copyOf(block.array(), 150_000));
        }
    }

    /** The stamp must be read after the bytes: a block that changes between both is not passed on. */
    @Test
    void aBlockThatChangesDuringItsReadIsNotPassedOn() throws Exception {
        byte[] text = "x".repeat(Limits.BLOCK_BYTES).getBytes(StandardCharsets.US_ASCII);
        ByteBuffer other = ByteBuffer.wrap("y".repeat(Limits.BLOCK_BYTES).getBytes(StandardCharsets.US_ASCII));
        Files.write(source, text);
        FileTime time = Files.getLastModifiedTime(source);
        ByteBuffer block = ByteBuffer.allocate(Limits.BLOCK_BYTES);
        try (Snapshot snapshot = store.open(ingest());
                FileChannel channel = FileChannel.open(source, StandardOpenOption.WRITE)) {
            for (int round = 0; round < 200; round++) {
                AtomicBoolean reading = new AtomicBoolean();
                FutureTask<Integer> writer = new FutureTask<>(() -> {
                    while (!reading.get()) {
                        Thread.onSpinWait();
                    }
                    return channel.write(other.duplicate(), 0);
                });
                Thread.ofPlatform().daemon().start(writer);
                LineRange range = snapshot.range(0, 1);
                reading.set(true);
                try {
                    Await.result(range.fill(block.clear()));
                    assertArrayEquals(text, block.array(), "round " + round);
                } catch (StoreUnavailableException e) {
                    assertEquals(0, block.position());
                }
                assertEquals(text.length, writer.get());
                assertEquals(text.length, channel.write(ByteBuffer.wrap(text), 0));
                Files.setLastModifiedTime(source, time);
                snapshot.check();
            }
        }
    }

    /**
     * One byte of the second of three blocks changes. Lines before, in and after the block, and across its edges, are
     * read.
     */
    @Test
    void inDoubtOnlyLinesInUnchangedBlocksAreReturned() throws Exception {
        Files.write(source, LINES_OF_100);
        byte[] changed = LINES_OF_100.clone();
        changed[Limits.BLOCK_BYTES + 5_000] = 'y';
        try (Snapshot snapshot = store.open(ingest())) {
            Files.write(source, changed);
            for (int i = 0; i < LINES_OF_100.length / 100; i++) {
                if (i < Limits.BLOCK_BYTES / 100 || i > 2 * Limits.BLOCK_BYTES / 100) {
                    assertEquals("x".repeat(99), text(snapshot, i), "line index " + i);
                } else {
                    long lineIndex = i;
                    assertThrows(
                            StoreUnavailableException.class,
                            () -> Await.result(snapshot.lookup(lineIndex)),
                            "line index " + i);
                }
            }
            assertThrows(StoreUnavailableException.class, snapshot::check);
            assertRefused(snapshot);
            Files.write(source, LINES_OF_100);
            snapshot.check();
            assertEquals("x".repeat(99), text(snapshot, Limits.BLOCK_BYTES / 100 + 1));
        }
    }

    @Test
    void anInterruptedCheckEndsAndReadsContinue() throws Exception {
        ingest();
        try (LinesFile lines = openLines()) {
            touch();
            Thread.currentThread().interrupt();
            assertThrows(StoreUnavailableException.class, lines::check);
            assertTrue(Thread.interrupted());
            assertEquals("one", new String(lines.readVerified(0, 3), StandardCharsets.UTF_8));
            lines.check();
            assertFalse(lines.isInDoubt());
        }
    }

    /** Opens a sparse source of 256 GiB. Reading it takes a minute. */
    private LinesFile openHuge() throws Exception {
        long size = 256L << 30;
        Files.write(source, new byte[0]);
        try (FileChannel channel = FileChannel.open(source, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), size - 1);
        }
        ContentDigest digest = ContentDigest.ofBlock(new byte[Limits.BLOCK_BYTES], Limits.BLOCK_BYTES);
        ByteBuffer blocks = ByteBuffer.allocate(Math.toIntExact(size / Limits.BLOCK_BYTES * 16));
        while (blocks.hasRemaining()) {
            blocks.putLong(digest.high()).putLong(digest.low());
        }
        Content content = new Content(1, size, new ContentDigest(1, 2), size, true);
        Manifest manifest =
                new Manifest(DatasetName.DEFAULT, 1, content, "huge", ManifestFile.LAYOUT, Instant.EPOCH, List.of());
        return LinesFile.open(manifest, source, FileStamp.of(source), new BlockDigests(blocks, size), null);
    }

    private static FutureTask<StoreUnavailableException> startFailingCheck(LinesFile lines) {
        FutureTask<StoreUnavailableException> check =
                new FutureTask<>(() -> assertThrows(StoreUnavailableException.class, lines::check));
        Thread.ofPlatform().daemon().start(check);
        return check;
    }

    @Test
    void aCheckEndsWhenTheFileIsTruncated() throws Exception {
        try (LinesFile lines = openHuge()) {
            touch();
            FutureTask<StoreUnavailableException> check = startFailingCheck(lines);
            Files.write(source, new byte[1]);
            assertInstanceOf(StoreUnavailableException.class, check.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void readsInFlightFailWithAMessageWhenTheSnapshotIsClosed() throws Exception {
        for (boolean copy : new boolean[] {false, true}) {
            store.drop(DatasetName.DEFAULT);
            Snapshot snapshot = store.open(
                    Ingests.store(store, source, DatasetName.DEFAULT, copy).manifest());
            CountDownLatch begun = new CountDownLatch(1);
            FutureTask<StoreException> reader = new FutureTask<>(() -> assertThrows(StoreException.class, () -> {
                while (true) {
                    assertEquals("two", text(snapshot, 1));
                    begun.countDown();
                }
            }));
            Thread.ofPlatform().daemon().start(reader);
            assertTrue(begun.await(30, TimeUnit.SECONDS));
            snapshot.close();
            StoreException e = assertInstanceOf(StoreUnavailableException.class, reader.get(30, TimeUnit.SECONDS));
            assertTrue(e.getMessage().endsWith(": it was closed"), e.getMessage());
        }
    }
}
