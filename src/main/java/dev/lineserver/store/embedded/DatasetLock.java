package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.DatasetName;

/**
 * Keeps two writers of one dataset apart, within a process and between processes. The operating system releases it when
 * the process ends, however it ends.
 *
 * <p>A process loses its lock on a file as soon as it closes any of its descriptors of that file (POSIX, {@code fcntl}).
 * So the lock file is opened by nobody in this process while it is locked, and the owner's name is in another file.
 */
final class DatasetLock implements AutoCloseable {
    /** Lock files that this process has open. */
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private DatasetLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @param dataDirectory must exist
     * @param owner named to those who are refused
     * @return the lock; empty if another process or thread has it
     */
    static Optional<DatasetLock> take(Path dataDirectory, DatasetName dataset, String owner) throws IOException {
        Path file = dataDirectory.toRealPath().resolve(dataset.value() + ".lock");
        if (!OPEN.add(file)) {
            return Optional.empty();
        }
        @Nullable FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                return Optional.empty();
            }
            Files.writeString(ownerFile(file), owner);
            taken = true;
            return Optional.of(new DatasetLock(file, channel));
        } finally {
            if (!taken) {
                release(file, channel);
            }
        }
    }

    private static Path ownerFile(Path file) {
        return file.resolveSibling(file.getFileName() + "-owner");
    }

    /** The holder of the lock, as it has named itself. */
    static String owner(Path dataDirectory, DatasetName dataset) {
        try {
            return Files.readString(ownerFile(dataDirectory.resolve(dataset.value() + ".lock")));
        } catch (IOException unknown) {
            return "another process";
        }
    }

    /** Closes the file before the next one in this process may open it. */
    private static void release(Path file, @Nullable FileChannel channel) throws IOException {
        try (channel) {
            return;
        } finally {
            OPEN.remove(file);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            Files.deleteIfExists(ownerFile(file));
        } finally {
            release(file, channel);
        }
    }
}
