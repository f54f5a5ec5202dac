package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class DatasetLockTest {
    @TempDir
    Path directory;

    private DatasetLock acquire(String purpose) throws Exception {
        return DatasetLock.acquire(directory, DatasetName.DEFAULT, purpose, true);
    }

    private void assertRefused(Path dataDirectory, String holder) {
        StoreFailedException e = assertThrows(
                StoreFailedException.class,
                () -> DatasetLock.acquire(dataDirectory, DatasetName.DEFAULT, "fail", true));
        assertTrue(e.getMessage().startsWith("dataset default is being written by process "), e.getMessage());
        assertTrue(e.getMessage().endsWith(" (" + holder + "); wait for it to finish, or stop it"), e.getMessage());
    }

    /** Tries to acquire the lock, and holds it until it receives a line. */
    static final class Contender {
        private Contender() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] arguments) throws Exception {
            try {
                DatasetLock lock =
                        DatasetLock.acquire(Path.of(arguments[0]), DatasetName.DEFAULT, "be the child", true);
                System.out.println("acquired");
                int _ = System.in.read();
                if (arguments.length == 1) {
                    lock.close();
                }
            } catch (StoreFailedException refused) {
                System.out.println(refused.getMessage().contains("(be the parent)") ? "refused" : "unexpected owner");
                int _ = System.in.read();
            }
        }
    }

    private ChildProcess contender(String... more) throws Exception {
        String path = directory.toString();
        return more.length == 0
                ? new ChildProcess(Contender.class, path)
                : new ChildProcess(Contender.class, path, more[0]);
    }

    @Test
    void onlyOneThreadHoldsTheLockAndIsNamed() throws Exception {
        DatasetLock lock = acquire("be the first, whose purpose is long");
        assertRefused(directory, "be the first, whose purpose is long");
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
        assertRefused(link, "be the first, whose purpose is long");
        DatasetLock.acquire(directory, new DatasetName("other"), "write", true).close();
        lock.close();
        acquire("be the second").close();
    }

    /** A process loses its lock when it closes any descriptor of the file, even one that it did not lock. */
    @Test
    void refusedAttemptsInTheOwningProcessDoNotReleaseTheLock() throws Exception {
        acquire("write a long name, of which nothing may remain in the file").close();
        DatasetLock lock = acquire("be the parent");
        for (int i = 0; i < 3; i++) {
            assertRefused(directory, "be the parent");
        }
        try (ChildProcess refused = contender()) {
            refused.awaitLine("refused");
            refused.sendLine();
            refused.awaitSuccess();
        }
        lock.close();
        try (ChildProcess second = contender()) {
            second.awaitLine("acquired");
            assertRefused(directory, "be the child");
            second.sendLine();
            second.awaitSuccess();
        }
        acquire("be the parent").close();
    }

    @Test
    void aProcessThatEndsReleasesItsLock() throws Exception {
        try (ChildProcess child = contender("never release")) {
            child.awaitLine("acquired");
            assertRefused(directory, "be the child");
            child.sendLine();
            child.awaitSuccess();
        }
        acquire("be the parent").close();
    }

    @Test
    void aLockFileThatCannotBeOpenedStaysAvailable() throws Exception {
        Files.createDirectory(directory.resolve("default.lock"));
        assertThrows(IOException.class, () -> acquire("fail"));
        Files.delete(directory.resolve("default.lock"));
        acquire("succeed").close();
    }
}
