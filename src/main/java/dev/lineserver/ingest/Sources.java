package dev.lineserver.ingest;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

import dev.lineserver.store.BuildRequest.SourceFile;

/** Opens sources, and decides how they are read. */
final class Sources {
    private static final Set<String> PATHS_OF_STDIN =
            Set.of(Source.STDIN, "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0");

    private Sources() {}

    static Source open(String name) throws SourceException {
        try {
            if (PATHS_OF_STDIN.contains(name) && isStandardInputClosed()) {
                throw new SourceException("standard input is closed; redirect it from a file or a pipe");
            }
            if (name.equals(Source.STDIN)) {
                return stream(name, System.in);
            }
            Path path = Path.of(name).toAbsolutePath();
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw new SourceException(path + " is a directory; name a file");
            }
            return attributes.isRegularFile()
                    ? file(OpenFile.open(path))
                    : stream(path.toString(), Files.newInputStream(path));
        } catch (InvalidPathException e) {
            throw new SourceException(
                    "the file name '" + name + "' cannot be expressed in this locale: " + e.getReason()
                            + "; set LC_ALL=C.UTF-8",
                    e);
        } catch (IOException e) {
            throw SourceException.cannotRead(name, e);
        }
    }

    private static Source stream(String name, InputStream bytes) throws IOException, SourceException {
        InputStream buffered = new BufferedInputStream(bytes);
        buffered.mark(Compression.HEAD_BYTES);
        byte[] head = buffered.readNBytes(Compression.HEAD_BYTES);
        buffered.reset();
        return new StreamSource(name, compression(name, head), buffered, null, null);
    }

    private static Source file(OpenFile opened) throws IOException, SourceException {
        try {
            Compression compression = compression(opened.path().toString(), opened.head());
            SourceFile lasting = opened.hasItsSize() ? opened.lasting() : null;
            return lasting != null && compression == Compression.NONE
                    ? new FileSource(opened, lasting)
                    : new StreamSource(
                            opened.path().toString(),
                            compression,
                            Channels.newInputStream(opened.channel()),
                            opened,
                            lasting);
        } catch (IOException | SourceException e) {
            opened.close();
            throw e;
        }
    }

    private static Compression compression(String name, byte[] head) throws SourceException {
        Compression actual = Compression.of(head);
        Compression promised = Compression.promisedBy(name);
        if (actual == Compression.NONE && promised != Compression.NONE) {
            throw new SourceException(name + " is not " + promised
                    + "-compressed, as its name says; fetch it again, or rename it to have it stored as it is");
        }
        return actual;
    }

    /** If the shell closed descriptor 0, the Java runtime has opened a file of its own under that number. */
    private static boolean isStandardInputClosed() throws IOException {
        Path descriptors = Path.of("/proc/self/fd");
        String home = System.getProperty("java.home");
        try {
            return home != null
                    && Files.readSymbolicLink(descriptors.resolve("0"))
                            .startsWith(Path.of(home).toRealPath());
        } catch (NoSuchFileException e) {
            return Files.exists(descriptors);
        }
    }
}
