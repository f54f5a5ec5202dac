package dev.lineserver.ingest;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.FutureTask;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Await;
import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.FileStamp;

/** Opens the source that a user has named: a file, a pipe, or standard input, each of them plain or compressed. */
final class SourceOpening {
    private static final Set<String> NAMES_OF_STDIN =
            Set.of(Source.STDIN, "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0");

    private SourceOpening() {}

    /** Opens a source as {@link Source#open(String)} promises. */
    static Source open(String source) throws SourceException, InterruptedException {
        String name = isStandardInput(source) ? Source.STDIN : source;
        if (name.isEmpty()) {
            throw new SourceException("the name of the file is empty; name a file, or - for standard input");
        }
        try {
            if (name.equals(Source.STDIN)) {
                return open(Source.STDIN, System.in, null, null);
            }
            Path path = Path.of(name).toAbsolutePath();
            name = path.toString();
            if (Files.isDirectory(path)) {
                throw new SourceException(path + " is a directory; name a file");
            }
            if (!Files.isRegularFile(path)) {
                return open(name, openPipe(path), null, null);
            }
            // Before the first read, so that checkUnchanged detects every write from here on.
            FileStamp stamp = FileStamp.of(path);
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return open(name, Channels.newInputStream(channel), channel, stamp);
        } catch (InvalidPathException e) {
            throw new SourceException(
                    "the file name '" + name + "' cannot be expressed in this locale: " + e.getReason()
                            + "; set LC_ALL=C.UTF-8",
                    e);
        } catch (IOException e) {
            throw SourceException.cannotRead(name, e);
        }
    }

    /** Returns true if a name means the standard input of this process. */
    static boolean isStandardInput(String source) {
        return NAMES_OF_STDIN.contains(source);
    }

    /**
     * Opens a pipe, which waits for a writer. The call of the operating system ignores interrupts, so a daemon thread makes
     * it: if this thread is interrupted, that one is left behind, and ends with the process. An interrupt also ends a read
     * of the channel, unlike one of {@link Files#newInputStream}.
     */
    private static InputStream openPipe(Path path) throws IOException, InterruptedException {
        FutureTask<InputStream> opening =
                new FutureTask<>(() -> Channels.newInputStream(FileChannel.open(path, StandardOpenOption.READ)));
        Thread.ofPlatform().daemon().name("pipe-opener").start(opening);
        return Await.ioResult(opening);
    }

    private static Source open(String name, InputStream bytes, @Nullable FileChannel channel, @Nullable FileStamp stamp)
            throws IOException, SourceException {
        try {
            InputStream buffered = new BufferedInputStream(bytes);
            byte[] head = Compression.peek(buffered);
            Compression compression = Compression.detect(buffered);
            Compression implied = Compression.ofName(name);
            if (compression == Compression.NONE && implied != Compression.NONE) {
                throw new SourceException(name + " is not " + implied
                        + "-compressed, although its name says so; fetch it again, or rename it to store it unchanged");
            }
            // A file in /proc has more bytes than its size says, so it is read like a pipe.
            SourceFile file = stamp != null && head.length == Math.min(stamp.size(), Compression.HEAD_BYTES)
                    ? findFile(Path.of(name), stamp)
                    : null;
            return new Source(name, compression, compression.unpack(buffered), channel, file);
        } catch (IOException | SourceException e) {
            if (!name.equals(Source.STDIN)) {
                bytes.close();
            }
            throw e;
        }
    }

    /**
     * Resolves an open file to a path that names the same file in other processes. {@code /dev/stdin} does not.
     *
     * @return null if the file was removed since it was opened
     */
    private static @Nullable SourceFile findFile(Path path, FileStamp stamp) throws IOException {
        try {
            SourceFile file = new SourceFile(path.toRealPath(), stamp);
            Source.requireStamp(file);
            return file;
        } catch (NoSuchFileException removed) {
            return null;
        }
    }
}
