package dev.lineserver.store.embedded;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** One thread or process publishes versions and removes older ones, while another lists the datasets continuously. */
final class ListingRaceTest {
    private static final int PUBLICATIONS = 500;

    @TempDir
    Path directory;

    private static void publish(EmbeddedStore store, int publications) throws Exception {
        BuildRequest request = new BuildRequest(DatasetName.DEFAULT, "nothing", null, true);
        ContentDigest.Tree blocks = new ContentDigest.Tree();
        Content empty = new Content(0, 0, blocks.digest(), 0, true);
        for (int i = 0; i < publications; i++) {
            try (Build build = store.begin(request)) {
                build.commit(empty, blocks);
            }
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
            publish(unforced(data, data.resolveSibling("")), PUBLICATIONS);
        }
    }

    private static void assertListedWhile(EmbeddedStore store, BooleanSupplier publishing) throws Exception {
        long before = 1;
        int listings = 0;
        while (publishing.getAsBoolean()) {
            List<DatasetListing> listed = store.datasets();
            assertEquals(1, listed.size(), "the dataset was missing in the list");
            long now = assertInstanceOf(DatasetListing.Described.class, listed.getFirst())
                    .versions().current().orElseThrow().describe()
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
        FutureTask<Void> publisher = new FutureTask<>(() -> {
            publish(store, PUBLICATIONS);
            return null;
        });
        Thread.ofPlatform().daemon().start(publisher);
        assertListedWhile(store, () -> !publisher.isDone());
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
}
