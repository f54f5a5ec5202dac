package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Creates the directory of a test in memory, if Linux has room there. The tests with a {@link LossyDisk} force nothing, and
 * most of their time is that of a disk which creates and deletes thousands of files.
 */
final class MemoryDirectory implements TempDirFactory {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ENOUGH_BYTES = 1 << 30;

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
        boolean fits = Files.isWritable(MEMORY)
                && Files.getFileStore(MEMORY).type().equals("tmpfs")
                && Files.getFileStore(MEMORY).getUsableSpace() >= ENOUGH_BYTES;
        return fits
                ? Files.createTempDirectory(MEMORY, "line-server-test")
                : Files.createTempDirectory("line-server-test");
    }
}
