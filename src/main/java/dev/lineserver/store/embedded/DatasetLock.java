package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.RegularFile;
import dev.lineserver.store.StoreFailedException;

/**
 * Excludes a second writer of the same dataset, in this process or another one. The operating system releases the lock
 * when the process ends, even if it crashes. The lock file contains a description of its latest owner.
 *
 * <p>POSIX locks ({@code fcntl}) belong to a process, and a process loses its lock on a file when it closes any of its
 * descriptors of that file. Therefore this process must not open a lock file that it has already opened: {@link #OPEN}
 * contains these files and their owners. See {@code src/docs/decisions/017-one-descriptor-per-lock.md}.
 *
 * @param file the lock file
 * @param channel its only descriptor in this process, which holds the lock; null if there is no file and nobody writes
 */
record DatasetLock(Path file, @Nullable FileChannel channel) implements AutoCloseable {
    /** The lock files that this process has open, each with its owner. */
    private static final Map<Path, String> OPEN = new ConcurrentHashMap<>();

    /**
     * Acquires the lock of a dataset, without waiting.
     *
     * @param dataDirectory must exist
     * @param purpose verb and object, for the message that another writer receives
     * @param writing false to exclude writers without permission to write. Another process that is refused meanwhile
     *     reports the previous owner, so such a lock must be held for milliseconds only.
     * @throws StoreFailedException if another thread or process holds the lock; the message names the owner
     */
    static DatasetLock acquire(Path dataDirectory, DatasetName dataset, String purpose, boolean writing)
            throws IOException, StoreFailedException {
        Path file = dataDirectory.toRealPath().resolve(dataset.value() + ".lock");
        String owner = "process " + ProcessHandle.current().pid() + " since "
                + Instant.now().truncatedTo(ChronoUnit.SECONDS) + " (" + purpose + ")";
        if (RegularFile.isOther(file)) {
            throw new FileSystemException(file.toString(), null, "it is not a regular file; remove it");
        }
        // The map first: no other thread of this process may open a second descriptor of the file.
        String other = OPEN.putIfAbsent(file, owner);
        if (other != null) {
            throw refused(dataset, other);
        }
        @Nullable FileChannel channel = null;
        boolean acquired = false;
        try {
            channel = writing
                    ? FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    : openIfExists(file);
            // A shared lock is enough to exclude the exclusive locks of writers. No file means that none has one.
            if (channel != null && channel.tryLock(0, Long.MAX_VALUE, !writing) == null) {
                // Reading the file opens a second descriptor. This process holds no lock on it that it could lose.
                throw refused(dataset, Files.readString(file));
            }
            if (channel != null && writing) {
                // In this order, the file keeps its block, which a full disk would not give again.
                byte[] text = owner.getBytes(StandardCharsets.UTF_8);
                int _ = channel.write(ByteBuffer.wrap(text));
                channel.truncate(text.length);
            }
            acquired = true;
            return new DatasetLock(file, channel);
        } finally {
            if (!acquired) {
                release(file, channel);
            }
        }
    }

    private static @Nullable FileChannel openIfExists(Path file) throws IOException {
        try {
            return FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    private static StoreFailedException refused(DatasetName dataset, String owner) {
        return new StoreFailedException(
                "dataset " + dataset + " is being written by " + owner + "; wait for it to finish, or stop it");
    }

    /** Closes the file, and only then allows another thread to open it. */
    private static void release(Path file, @Nullable FileChannel channel) throws IOException {
        try (channel) {
            return;
        } finally {
            OPEN.remove(file);
        }
    }

    @Override
    public void close() throws IOException {
        release(file, channel);
    }
}
