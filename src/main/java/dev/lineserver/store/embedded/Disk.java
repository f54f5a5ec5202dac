package dev.lineserver.store.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;

import dev.lineserver.store.Await;
import dev.lineserver.store.RegularFile;

/**
 * Makes all changes of the store to the file system. A crash may lose every change that was not forced: the bytes of a
 * file until the file is forced; created, renamed and removed entries until their directory is forced. Tests override
 * the methods to fail each change, and to lose changes in this way.
 */
class Disk {
    /** Ends the name of a file that will replace another one. */
    static final String REPLACEMENT = ".new";

    /** The system needs a second at most to write so much to an ordinary disk, also twice when an ingest is interrupted. */
    private static final long CHECKPOINT_BYTES = 64 << 20;

    void createDirectory(Path directory) throws IOException {
        // createDirectory would fail if another process has created the directory meanwhile.
        Files.createDirectories(directory);
    }

    FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** Opens a file to write after its first bytes, and removes the others. */
    FileChannel reopen(Path file, long length) throws IOException {
        FileChannel channel = RegularFile.open(file, StandardOpenOption.WRITE);
        try {
            return channel.truncate(length).position(length);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    void force(FileChannel channel) throws IOException {
        channel.force(true);
    }

    void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            force(channel);
        }
    }

    /** Renames an entry within a directory, atomically. */
    void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    void delete(Path path) throws IOException {
        Files.deleteIfExists(path);
    }

    /** Returns the number of bytes of the text of a copy after which those written are made durable. */
    long checkpointBytes() {
        return CHECKPOINT_BYTES;
    }

    /** Runs a task on another thread. */
    void runInBackground(Runnable task) {
        Thread.ofPlatform().daemon().name("background-disk").start(task);
    }

    /** Several changes. */
    interface Changes {
        void make() throws IOException;
    }

    /** Makes changes of which an interrupt of the calling thread must not prevent the last ones. */
    final void makeUninterrupted(Changes changes) throws IOException {
        FutureTask<Boolean> task = new FutureTask<>(() -> {
            changes.make();
            return true;
        });
        runInBackground(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    boolean _ = Await.ioResult(task);
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Creates a directory and its missing parents. They are durable when this method returns. */
    final void createDirectories(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Path parent = directory.resolveSibling("");
            createDirectories(parent);
            createDirectory(directory);
            forceDirectory(parent);
        }
    }

    /**
     * Creates a file. Its bytes are durable when this method returns; its entry is not until the directory is forced.
     */
    final void writeFile(Path file, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = create(file)) {
            write(channel, bytes);
            force(channel);
        }
    }

    /**
     * Replaces or creates a file, so that readers and a crash find the old bytes or the new ones. The directory is not
     * forced, so a crash may restore the old ones.
     */
    final void replaceFile(Path file, ByteBuffer bytes) throws IOException {
        Path replacement = file.resolveSibling(file.getFileName() + REPLACEMENT);
        // A crashed process may have left a replacement.
        delete(replacement);
        try {
            writeFile(replacement, bytes);
            rename(replacement, file);
        } catch (IOException e) {
            // On a full disk, an empty file would stay.
            try {
                delete(replacement);
            } catch (IOException undeleted) {
                e.addSuppressed(undeleted);
            }
            throw e;
        }
    }

    /** Removes a file or a directory with its contents, if it exists. */
    final void deleteTree(Path directory) throws IOException {
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            for (Path child : list(directory)) {
                deleteTree(child);
            }
        }
        delete(directory);
    }

    /** Returns the size of a file, or of all files below a directory. */
    static long size(Path path) throws IOException {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .size();
        }
        long size = 0;
        for (Path child : list(path)) {
            size += size(child);
        }
        return size;
    }

    /** Returns the entries of a directory; none if it does not exist or is not a directory. */
    static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
