package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.DatasetName;

/**
 * Keeps two writers of one dataset apart, within a process and between processes. The operating system lets go of it
 * when the process ends, however it ends.
 */
final class DatasetLock implements AutoCloseable {
    private final FileChannel channel;

    private DatasetLock(FileChannel channel) {
        this.channel = channel;
    }

    private static Path file(Path dataDirectory, DatasetName dataset) {
        return dataDirectory.resolve(dataset.value() + ".lock");
    }

    /**
     * Takes the lock.
     *
     * @param owner who takes it, for whoever is refused
     * @return the lock; empty where another has it
     */
    static Optional<DatasetLock> take(Path dataDirectory, DatasetName dataset, String owner) throws IOException {
        FileChannel channel =
                FileChannel.open(file(dataDirectory, dataset), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (tryLock(channel) == null) {
            channel.close();
            return Optional.empty();
        }
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.UTF_8)));
        return Optional.of(new DatasetLock(channel));
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    /** Who has the lock, in its own words. */
    static String owner(Path dataDirectory, DatasetName dataset) {
        try {
            String owner = Files.readString(file(dataDirectory, dataset));
            return owner.isBlank() ? "another process" : owner;
        } catch (IOException unreadable) {
            return "another process";
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
