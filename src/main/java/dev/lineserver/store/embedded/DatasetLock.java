package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.StoreFailedException;

/**
 * Keeps two writers of one dataset apart, within a process and between processes. The operating system releases it when
 * the process ends, however it ends. The lock file holds the name of its latest owner.
 *
 * <p>A process loses its lock on a file as soon as it closes any of its descriptors of that file (POSIX, {@code fcntl}).
 * So nothing in this process opens a lock file that it has open already: {@link #OPEN} knows the owner.
 */
record DatasetLock(Path file, FileChannel channel) implements AutoCloseable {
    /** Lock files that this process has open, and the owner of each. */
    private static final Map<Path, String> OPEN = new ConcurrentHashMap<>();

    /**
     * Takes the lock.
     *
     * @param dataDirectory must exist
     * @param purpose a verb and its object, for those who are refused
     * @throws StoreFailedException if another process or thread has it; the message names that one
     */
    static DatasetLock take(Path dataDirectory, DatasetName dataset, String purpose)
            throws IOException, StoreFailedException {
        Path file = dataDirectory.toRealPath().resolve(dataset.value() + ".lock");
        String owner = "process " + ProcessHandle.current().pid() + ", which began at "
                + Instant.now().truncatedTo(ChronoUnit.SECONDS) + " to " + purpose;
        String other = OPEN.putIfAbsent(file, owner);
        if (other != null) {
            throw refused(dataset, other);
        }
        @Nullable FileChannel channel = null;
        boolean taken = false;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (channel.tryLock() == null) {
                throw refused(dataset, Files.readString(file));
            }
            channel.truncate(0).write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.UTF_8)));
            taken = true;
            return new DatasetLock(file, channel);
        } finally {
            if (!taken) {
                release(file, channel);
            }
        }
    }

    private static StoreFailedException refused(DatasetName dataset, String owner) {
        return new StoreFailedException(
                "dataset " + dataset + " is being written by " + owner + "; wait for it to end, or end it");
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
        release(file, channel);
    }
}
