package dev.lineserver.store.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Every change that the store makes to a file system, in one place, so that a test can end the world at any of them. */
class Disk {
    /** Called before each change, with a word for it. */
    void step(String change) throws IOException {}

    final void createDirectories(Path directory) throws IOException {
        step("create directory");
        Files.createDirectories(directory);
    }

    final FileChannel create(Path file) throws IOException {
        step("create file");
        return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** Writes all that remains. */
    final void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        step("write");
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    final void force(FileChannel channel) throws IOException {
        step("force");
        channel.force(true);
    }

    /** Makes the entries of a directory durable. */
    final void forceDirectory(Path directory) throws IOException {
        step("force directory");
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    final void rename(Path from, Path to) throws IOException {
        step("rename");
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes a directory and all that is in it, children first; nothing where it does not exist. */
    final void deleteTree(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> deepestLast;
        try (Stream<Path> paths = Files.walk(directory)) {
            deepestLast = paths.toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path path : deepestLast.reversed()) {
            step("delete");
            Files.deleteIfExists(path);
        }
    }
}
