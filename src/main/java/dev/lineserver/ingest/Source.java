package dev.lineserver.ingest;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest.SourceFile;

/** A content to be stored or compared, read block by block. */
public abstract sealed class Source implements AutoCloseable permits FileSource, StreamSource {
    /** Name of standard input. */
    public static final String STDIN = "-";

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
        return Sources.open(name);
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
