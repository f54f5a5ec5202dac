package dev.lineserver.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class IoErrorsTest {
    private static final Path FULL_DEVICE = Path.of("/dev/full");

    @TempDir
    private Path directory;

    /** macOS and bare containers have no such device to ask for the words. */
    @Test
    void aMissingFileIsNoLackOfSpaceWithoutAFullDevice() {
        IOException missing = new NoSuchFileException("x");
        assertEquals("it does not exist", IoErrors.reason(missing, directory.resolve("none")));
        assertEquals("it does not exist", IoErrors.reason(missing, FULL_DEVICE));
    }
}
