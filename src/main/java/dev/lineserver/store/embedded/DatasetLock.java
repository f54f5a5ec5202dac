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
    private final Path ownerFile;
    private final FileChannel channel;

    private DatasetLock(Path file, Path ownerFile, FileChannel channel) {
        this.file = file;
        this.ownerFile = ownerFile;
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
        @Nullable DatasetLock lock = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() != null) {
                Files.writeString(ownerFile(dataDirectory, dataset), owner);
                lock = new DatasetLock(file, ownerFile(dataDirectory, dataset), channel);
            }
            return Optional.ofNullable(lock);
        } finally {
            if (lock == null) {
                release(file, channel);
            }
        }
    }

    private static Path ownerFile(Path dataDirectory, DatasetName dataset) {
        return dataDirectory.resolve(dataset.value() + ".lock-owner");
    }

    /** Names the holder of the lock, as it has named itself. */
    static String owner(Path dataDirectory, DatasetName dataset) {
        try {
            String owner = Files.readString(ownerFile(dataDirectory, dataset));
            return owner.isBlank() ? "another process" : owner;
        } catch (IOException unreadable) {
            return "another process";
        }
    }

    private static void release(Path file, @Nullable FileChannel channel) throws IOException {
        try (channel) {
            // The next one in this process may open the file only after it is closed here.
        } finally {
            OPEN.remove(file);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            Files.deleteIfExists(ownerFile);
        } finally {
            release(file, channel);
        }
    }
}
