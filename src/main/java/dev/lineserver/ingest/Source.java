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

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest.SourceFile;

/** A content to be stored or compared, read block by block. */
public abstract sealed class Source implements AutoCloseable permits FileSource, StreamSource {
    /** Name of standard input. */
    public static final String STDIN = "-";

    private static final Set<String> PATHS_OF_STDIN = Set.of(STDIN, "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0");
    private static final long UNKNOWN_SIZE = -1;

    private final String name;
    private final @Nullable OpenFile opened;
    private final @Nullable SourceFile file;

    /**
     * @param opened the file that holds the content; null for a pipe
     * @param file names {@code opened} to other processes; null if nothing does
     */
    Source(String name, @Nullable OpenFile opened, @Nullable SourceFile file) {
        this.name = file == null ? name : file.path().toString();
        this.opened = opened;
        this.file = file;
    }

    /**
     * Opens a source. A gzip or Zstandard file is unpacked while it is read, whatever its name is.
     *
     * @param name path of a file or pipe, or {@link #STDIN}
     * @throws SourceException if it cannot be read; the message says why and what to do
     */
    public static Source open(String name) throws SourceException {
        try {
            if (PATHS_OF_STDIN.contains(name) && isStandardInputClosed()) {
                throw new SourceException("standard input is closed; redirect it from a file or a pipe");
            }
            if (name.equals(STDIN)) {
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

    /** A path, or {@link #STDIN}. */
    public final String name() {
        return name;
    }

    /** The regular file that holds the content, as it was when opened; null if there is none with a lasting path. */
    public final @Nullable SourceFile file() {
        return file;
    }

    /** True if the source can be opened and read another time, as a file can. */
    final boolean isRepeatable() {
        return opened != null;
    }

    /** Size in bytes, compressed if the source is; negative if unknown. */
    final long size() {
        return opened != null && opened.hasItsSize() ? opened.stamp().size() : UNKNOWN_SIZE;
    }

    /**
     * Checks, once all was read, that the source was not written to or replaced meanwhile.
     *
     * @throws SourceException if it was
     */
    final void checkUnchanged() throws SourceException {
        if (opened != null && opened.hasItsSize()) {
            opened.checkUnchanged();
        }
    }

    /** Tells the user if the source is unpacked. */
    void announce(Progress progress) {}

    /** Number of bytes of {@link #size} read so far. */
    abstract long position();

    /**
     * Assigns the next bytes of the source to a block, and for a stream reads them. Called by one thread.
     *
     * @return false at the end of the source
     */
    abstract boolean next(Block block) throws IOException;

    /** Reads the bytes of a block. Called by many threads. */
    abstract void load(Block block) throws IOException;

    @Override
    public void close() {
        if (opened != null) {
            opened.close();
        }
    }
}
