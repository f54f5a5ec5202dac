package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.Manifest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A signal interrupts the thread that deletes the files of a removed version. */
final class InterruptedCleanupTest {
    @TempDir
    Path directory;

    /** Interrupts the thread when it deletes the directory of the first version. */
    private static final class InterruptingDisk extends Disk {
        @Override
        void delete(Path path) throws IOException {
            if (path.endsWith("v1")) {
                Thread.currentThread().interrupt();
                forceDirectory(path);
            }
            super.delete(path);
        }
    }

    /** Collects the records of a logger. */
    private static final class Records extends Handler {
        final List<LogRecord> all = new ArrayList<>();

        @Override
        public void publish(LogRecord entry) {
            all.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void theMessageSaysSoInWords() throws Exception {
        EmbeddedStore store = new EmbeddedStore(directory, null, new InterruptingDisk());
        Path source = Files.writeString(directory.resolve("source.txt"), "one\n");
        Manifest _ = StoredFiles.put(store, source, true, 2, false);
        Files.writeString(source, "two\n");
        Manifest _ = StoredFiles.put(store, source, true, 2, false);
        Records records = new Records();
        Logger logger = Logger.getLogger(LockedDataset.class.getName());
        logger.addHandler(records);
        try {
            store.drop(DatasetName.DEFAULT, 1);
            assertTrue(Thread.interrupted());
        } finally {
            logger.removeHandler(records);
        }
        assertEquals(1, records.all.size());
        assertEquals(
                "cannot remove the files that no version needs from " + directory.resolve("default")
                        + ": it was interrupted; the next ingest of the dataset removes them, and so does line-server"
                        + " reclaim",
                records.all.getFirst().getMessage());
        assertNull(records.all.getFirst().getThrown());
        List<Leftover> left = EmbeddedStore.open(directory, null).reclaim(false);
        assertEquals(List.of("default/v1"), left.stream().map(Leftover::name).toList());
    }
}
