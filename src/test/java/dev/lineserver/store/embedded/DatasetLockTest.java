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

    private DatasetLock take(String purpose) throws Exception {
        return DatasetLock.take(directory, DatasetName.DEFAULT, purpose);
    }

    private void assertRefused(Path dataDirectory, String holder) {
        StoreFailedException e = assertThrows(
                StoreFailedException.class, () -> DatasetLock.take(dataDirectory, DatasetName.DEFAULT, "fail"));
        assertTrue(e.getMessage().startsWith("dataset default is being written by process "), e.getMessage());
        assertTrue(e.getMessage().endsWith(" to " + holder + "; wait for it to end, or end it"), e.getMessage());
    }

    /** Takes the lock, if it can, and holds it until a line comes in. */
    static final class Contender {
        private Contender() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] arguments) throws Exception {
            try {
                DatasetLock lock = DatasetLock.take(Path.of(arguments[0]), DatasetName.DEFAULT, "be the child");
                System.out.println("taken");
                int _ = System.in.read();
                if (arguments.length == 1) {
                    lock.close();
                }
            } catch (StoreFailedException refused) {
                System.out.println(refused.getMessage().contains("to be the parent") ? "refused" : "by whom?");
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
    void onlyOneOfAProcessHasItAndIsNamed() throws Exception {
        DatasetLock lock = take("be the first, whose purpose is long");
        assertRefused(directory, "be the first, whose purpose is long");
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
        assertRefused(link, "be the first, whose purpose is long");
        DatasetLock.take(directory, new DatasetName("other"), "write").close();
        lock.close();
        take("be the second").close();
    }

    /** A process loses its lock by closing any descriptor of the file, also one that had nothing to do with the lock. */
    @Test
    void refusedAttemptsOfItsOwnProcessDoNotLoseItToAnother() throws Exception {
        take("write a long name, of which nothing may be left in the file").close();
        DatasetLock lock = take("be the parent");
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
            second.awaitLine("taken");
            assertRefused(directory, "be the child");
            second.sendLine();
            second.awaitSuccess();
        }
        take("be the parent").close();
    }

    @Test
    void aProcessThatEndsWithoutReleasingItGivesItBack() throws Exception {
        try (ChildProcess child = contender("never release")) {
            child.awaitLine("taken");
            assertRefused(directory, "be the child");
            child.sendLine();
            child.awaitSuccess();
        }
        take("be the parent").close();
    }

    @Test
    void whatCannotBeLockedIsNotKeptOpen() throws Exception {
        Files.createDirectory(directory.resolve("default.lock"));
        assertThrows(IOException.class, () -> take("fail"));
        Files.delete(directory.resolve("default.lock"));
        take("succeed").close();
    }
}
