package dev.lineserver.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.FileStamp;

/** Where a content is read from, block by block. */
public sealed interface Source extends AutoCloseable permits FileSource, StreamSource {
    /** Stands for standard input. */
    String STDIN = "-";

    /**
     * Opens what a user named.
     *
     * @param name path of a regular file, plain or ending in {@code .gz} or {@code .zst}; or {@link #STDIN}
     * @throws SourceException where it cannot be read; says why and what to do
     */
    static Source open(String name) throws SourceException {
        if (name.equals(STDIN)) {
            return new StreamSource(STDIN, System.in, null, null);
        }
        Path path = Path.of(name).toAbsolutePath().normalize();
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw new SourceException(path + " is a directory; name a file");
            }
            if (!attributes.isRegularFile()) {
                throw new SourceException(
                        path + " is not a regular file; to read a pipe, use '-': … | line-server ingest -");
            }
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.endsWith(".gz") || lower.endsWith(".zst")) {
                return StreamSource.unpacking(file(path), lower.endsWith(".gz"));
            }
            return FileSource.open(file(path));
        } catch (IOException e) {
            throw new SourceException(SourceErrors.cannotRead(path, e), e);
        }
    }

    private static SourceFile file(Path path) throws IOException {
        return new SourceFile(path.toRealPath(), FileStamp.of(path));
    }

    /** For people: a path, or {@link #STDIN}. */
    String name();

    /** Whether the content is the file's own bytes, so that it could stay there. */
    boolean isPlain();

    /** The regular file that the content comes from, as it was when opened; null where there is none. */
    @Nullable
    SourceFile file();

    /** Bytes to be read from below, compressed where the source is; negative where not known. */
    long size();

    /** Bytes of {@link #size} read so far. */
    long position();

    /**
     * Takes the next block's place in the source, and for a stream its bytes too. Called by one thread.
     *
     * @return whether there is one
     */
    boolean next(Block block) throws IOException;

    /** Brings the bytes of a block. May be called by many threads. */
    void load(Block block) throws IOException;

    /**
     * Looks whether the source is still what was opened.
     *
     * @throws SourceException where it is not
     */
    void checkUnchanged() throws SourceException;

    @Override
    void close();
}
