package dev.lineserver.store.embedded;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoredVersion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * One thread or process publishes, holds, rolls back and removes versions, while another lists the datasets
 * continuously.
 */
final class ListingRaceTest {
    private static final int PUBLICATIONS = 200;
    private static final int CHANGES = 100;

    @TempDir
    Path directory;

    private static void publish(EmbeddedStore store, int publications) throws Exception {
        for (int i = 0; i < publications; i++) {
            put(store, 1, false);
        }
    }

    private static Manifest put(EmbeddedStore store, int keep, boolean hold) throws Exception {
        ContentDigest.Tree blocks = new ContentDigest.Tree();
        Content empty = new Content(0, 0, blocks.digest(), 0, true);
        try (Build build = store.begin(new BuildRequest(
                DatasetName.DEFAULT, "nothing", null, true, keep, hold, LinesPerRecord.ONE, false, false))) {
            return build.commit(empty, blocks, List.of());
        }
    }

    /** Publishes, holds, rolls back and drops. At the end, the current version is the last one, and alone. */
    private static void change(EmbeddedStore store, int rounds) throws Exception {
        for (int i = 0; i < rounds; i++) {
            long before = store.current(DatasetName.DEFAULT).orElseThrow().version();
            put(store, 2, false);
            store.publish(DatasetName.DEFAULT, before, Integer.MAX_VALUE);
            long held = put(store, 1, true).version();
            store.drop(DatasetName.DEFAULT, before + 1);
            store.publish(DatasetName.DEFAULT, held, 1);
        }
    }

    /** A store that forces nothing, so that it publishes faster. */
    private static EmbeddedStore unforced(Path data, Path root) {
        return new EmbeddedStore(data, null, new LossyDisk(root));
    }

    static final class Publisher {
        private Publisher() {}

        public static void main(String[] arguments) throws Exception {
            Path data = Path.of(arguments[0]);
            EmbeddedStore store = unforced(data, data.resolveSibling(""));
            if (arguments.length > 1) {
                change(store, CHANGES);
            } else {
                publish(store, PUBLICATIONS);
            }
        }
    }

    private static void assertListedWhile(EmbeddedStore store, BooleanSupplier publishing) throws Exception {
        long before = 1;
        int listings = 0;
        while (publishing.getAsBoolean()) {
            List<DatasetListing> listed = store.datasets();
            assertEquals(1, listed.size(), "the dataset was missing in the list");
            long now = assertInstanceOf(DatasetListing.Described.class, listed.getFirst())
                    .versions()
                    .current()
                    .orElseThrow()
                    .describe()
                    .version();
            assertTrue(now >= before, now + " after " + before);
            before = now;
            listings++;
        }
        assertTrue(listings > 100, "only " + listings + " listings");
        assertEquals(
                1 + PUBLICATIONS,
                store.current(DatasetName.DEFAULT).orElseThrow().version());
    }

    @Test
    void noListingMissesADatasetThatAnotherThreadPublishes() throws Exception {
        EmbeddedStore store = unforced(Files.createDirectory(directory.resolve("data")), directory);
        publish(store, 1);
        // Otherwise the publisher could end before the thread that lists has run.
        Semaphore listings = new Semaphore(0);
        FutureTask<Void> publisher = new FutureTask<>(() -> {
            for (int i = 0; i < PUBLICATIONS; i++) {
                assertTrue(listings.tryAcquire(1, TimeUnit.MINUTES), "no listing begins");
                publish(store, 1);
            }
            return null;
        });
        Thread.ofPlatform().daemon().start(publisher);
        assertListedWhile(store, () -> {
            listings.release();
            return !publisher.isDone();
        });
        publisher.get();
    }

    @Test
    void noListingMissesADatasetThatAnotherProcessPublishes() throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        EmbeddedStore store = EmbeddedStore.open(data, null);
        publish(store, 1);
        try (ChildProcess publisher = new ChildProcess(Publisher.class, data.toString())) {
            assertListedWhile(store, publisher::isAlive);
            publisher.awaitSuccess();
        }
    }

    /** Readers see one state of the versions after another, and can describe each version of each state. */
    @Test
    void everyListedVersionCanBeDescribedWhileAnotherProcessChangesThem() throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        EmbeddedStore store = EmbeddedStore.open(data, null);
        put(store, 1, false);
        long last = 1;
        int listings = 0;
        try (ChildProcess publisher = new ChildProcess(Publisher.class, data.toString(), "all changes")) {
            while (publisher.isAlive()) {
                DatasetVersions listed = store.versions(DatasetName.DEFAULT).orElseThrow();
                for (StoredVersion version : listed.versions()) {
                    assertEquals(version.number(), version.describe().version());
                }
                assertTrue(listed.current().isPresent(), listed.toString());
                assertTrue(listed.lastNumber() >= last, listed + " after " + last);
                last = listed.lastNumber();
                listings++;
            }
            publisher.awaitSuccess();
        }
        assertTrue(listings > 100, "only " + listings + " listings");
        long number = 1 + 2 * CHANGES;
        assertEquals(number + " CURRENT, " + number + " given", StoredFiles.describe(store));
    }
}
