package dev.lineserver.store.embedded;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.store.DatasetName;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class DatasetLockTest {
    @TempDir
    Path directory;

    private Optional<DatasetLock> take(String owner) throws Exception {
        return DatasetLock.take(directory, DatasetName.DEFAULT, owner);
    }

    /** Takes the lock, if it can, and holds it until a line comes in. */
    static final class Contender {
        private Contender() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] arguments) throws Exception {
            Optional<DatasetLock> lock = DatasetLock.take(Path.of(arguments[0]), DatasetName.DEFAULT, "the child");
            System.out.println(lock.isPresent() ? "taken" : "refused");
            int _ = System.in.read();
            if (lock.isPresent() && arguments.length == 1) {
                lock.get().close();
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
        DatasetLock lock = take("the first").orElseThrow();
        assertEquals(Optional.empty(), take("the second"));
        assertEquals(
                Optional.empty(),
                DatasetLock.take(
                        Files.createSymbolicLink(directory.resolve("link"), directory),
                        DatasetName.DEFAULT,
                        "by a link"));
        assertEquals("the first", DatasetLock.owner(directory, DatasetName.DEFAULT));
        try (DatasetLock other =
                DatasetLock.take(directory, new DatasetName("other"), "x").orElseThrow()) {
            assertEquals("x", DatasetLock.owner(directory, new DatasetName("other")));
        }
        lock.close();
        assertEquals("another process", DatasetLock.owner(directory, DatasetName.DEFAULT));
        take("the third").orElseThrow().close();
    }

    /** A process loses its lock by closing any descriptor of the file, also one that had nothing to do with the lock. */
    @Test
    void refusedAttemptsOfItsOwnProcessDoNotLoseItToAnother() throws Exception {
        DatasetLock lock = take("the parent").orElseThrow();
        for (int i = 0; i < 3; i++) {
            assertEquals(Optional.empty(), take("the parent again"));
            assertEquals("the parent", DatasetLock.owner(directory, DatasetName.DEFAULT));
        }
        try (ChildProcess refused = contender()) {
            refused.awaitLine("refused");
            refused.sendLine();
            refused.awaitSuccess();
        }
        lock.close();
        try (ChildProcess second = contender()) {
            second.awaitLine("taken");
            assertEquals(Optional.empty(), take("the parent"));
            assertEquals("the child", DatasetLock.owner(directory, DatasetName.DEFAULT));
            second.sendLine();
            second.awaitSuccess();
        }
        take("the parent").orElseThrow().close();
    }

    @Test
    void aProcessThatEndsWithoutReleasingItGivesItBack() throws Exception {
        try (ChildProcess child = contender("never release")) {
            child.awaitLine("taken");
            assertEquals(Optional.empty(), take("the parent"));
            child.sendLine();
            child.awaitSuccess();
        }
        DatasetLock lock = take("the parent").orElseThrow();
        assertEquals("the parent", DatasetLock.owner(directory, DatasetName.DEFAULT));
        lock.close();
    }

    @Test
    void whatCannotBeLockedIsNotKeptOpen() throws Exception {
        Files.createDirectory(directory.resolve("default.lock"));
        assertThrows(java.io.IOException.class, () -> take("x"));
        Files.delete(directory.resolve("default.lock"));
        Files.createDirectory(directory.resolve("default.lock-owner"));
        assertThrows(java.io.IOException.class, () -> take("x"));
        Files.delete(directory.resolve("default.lock-owner"));
        DatasetLock lock = take("x").orElseThrow();
        lock.close();
        assertTrue(take("y").isPresent());
    }
}
