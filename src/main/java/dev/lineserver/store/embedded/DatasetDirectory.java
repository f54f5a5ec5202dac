package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.embedded.index.LineIndex;
import dev.lineserver.store.embedded.index.LineIndexFile;

/**
 * The directory of one dataset. It contains a directory for each version, {@code v1}, {@code v2} …, and at most one
 * {@code building-…} for the version being written, which readers ignore. A build becomes a version by a rename, so a
 * version is always complete. Only the process that holds the {@link DatasetLock} changes files here; readers need no
 * lock.
 *
 * @param path the directory; its name is the name of the dataset
 * @param disk makes all changes
 */
record DatasetDirectory(Path path, Disk disk) {
    static final String LINES = "lines";
    static final String INDEX = "index";
    static final String BLOCKS = "blocks";
    private static final Pattern VERSION = Pattern.compile("v([1-9][0-9]{0,17})");
    private static final String BUILDING = "building-";
    /**
     * Separates a dropped dataset's name from a unique number. Names of datasets contain no dot, so the name of a
     * dropped dataset identifies one dataset.
     */
    private static final String DROPPED = ".dropped-";
    /** Heap that must remain free after an index has been read, in bytes. */
    private static final long RESERVE_BYTES = 8L << 20;

    /** Returns the directory of a version. */
    Path version(long version) {
        return path.resolve("v" + version);
    }

    /** Returns the directory of a version while it is being written. */
    Path building(long version) {
        return path.resolve(BUILDING + version);
    }

    /** Returns the highest version number; empty if there is no version. */
    OptionalLong newestVersion() throws IOException {
        return Disk.list(path).stream()
                .map(entry -> VERSION.matcher(entry.getFileName().toString()))
                .filter(Matcher::matches)
                .mapToLong(match -> Long.parseLong(match.group(1)))
                .max();
    }

    /** Reads the manifest of a version. */
    ManifestFile manifest(long version) throws StoreException {
        Path file = version(version).resolve(ManifestFile.NAME);
        try {
            ManifestFile read = ManifestFile.read(file);
            if (!read.manifest().dataset().equals(dataset()) || read.manifest().version() != version) {
                throw new IOException("it belongs to another version");
            }
            return read;
        } catch (IOException e) {
            throw unusable(version, file, "the file", e);
        }
    }

    /** Reads the index of a version into RAM. */
    LineIndex index(Manifest manifest) throws StoreException {
        Path file = version(manifest.version()).resolve(INDEX);
        try {
            requireHeap(Files.size(file) + BlockDigests.bytes(manifest.content()), manifest.version());
            long virtualTerminator = manifest.content().terminated() ? 0 : 1;
            return LineIndexFile.read(file, manifest.lineCount(), manifest.byteCount() + virtualTerminator);
        } catch (IOException e) {
            throw unusable(manifest.version(), file, manifest.sourceName(), e);
        }
    }

    /** Opens the file that holds the lines of a version. */
    LinesFile lines(ManifestFile file) throws StoreException {
        Manifest manifest = file.manifest();
        Path directory = version(manifest.version());
        Path blocks = directory.resolve(BLOCKS);
        SourceFile source = file.source();
        if (source == null || !file.inPlace()) {
            return LinesFile.open(manifest, directory.resolve(LINES), null, null);
        }
        try {
            return LinesFile.open(
                    manifest, source.path(), source.stamp(), BlockDigests.read(blocks, manifest.content()));
        } catch (IOException e) {
            throw unusable(manifest.version(), blocks, manifest.sourceName(), e);
        }
    }

    /**
     * Checks that a version has an index file. Takes microseconds; {@link #index} detects damage when it reads the
     * file.
     */
    void requireIndex(Manifest manifest) throws StoreFailedException {
        Path file = version(manifest.version()).resolve(INDEX);
        if (!Files.exists(file)) {
            throw failed(file, manifest.sourceName(), new IOException("it does not exist"));
        }
    }

    /**
     * Rejects an index that does not fit in the heap before it is read, so that it cannot starve the requests in
     * flight.
     */
    private void requireHeap(long bytes, long version) throws StoreFailedException {
        long needed = bytes + RESERVE_BYTES;
        if (needed > freeHeapBytes()) {
            // Garbage counts as used until it is collected, so an index that fits might be rejected without this.
            System.gc();
        }
        long free = freeHeapBytes();
        if (needed > free) {
            throw new StoreFailedException("the index of " + describe(version) + " needs " + (needed >> 20)
                    + " MiB of heap, and " + (free >> 20) + " MiB are free: raise -Xmx");
        }
    }

    private static long freeHeapBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }

    private StoreException unusable(long version, Path file, String source, IOException cause) {
        // A missing file usually means that a newer version has superseded this one, so the caller may retry.
        return cause instanceof NoSuchFileException
                ? new StoreUnavailableException(describe(version) + " is gone: " + file + " does not exist", cause)
                : failed(file, source, cause);
    }

    private static StoreFailedException failed(Path file, String source, IOException cause) {
        return cause instanceof FileSystemException
                ? IoErrors.failed("read " + file, cause)
                : new StoreFailedException(
                        file + " cannot be used: " + cause.getMessage() + "; ingest " + source + " again to replace it",
                        cause);
    }

    private DatasetName dataset() {
        return new DatasetName(path.getFileName().toString());
    }

    private String describe(long version) {
        return "dataset " + dataset() + " version " + version;
    }

    /**
     * Turns a complete build into a version. The version is durable when this method returns; if it fails, the build
     * remains a build.
     */
    void publish(long version) throws IOException {
        // The entries of the build first: after a crash, a version must never lack a file.
        disk.forceDirectory(building(version));
        disk.rename(building(version), version(version));
        try {
            disk.forceDirectory(path);
        } catch (IOException e) {
            // Readers may have seen the version, but it might not survive a crash, so it is withdrawn.
            disk.rename(version(version), building(version));
            throw e;
        }
    }

    /** Removes everything but the newest version, including unfinished builds and dropped datasets of this name. */
    void clean() throws IOException {
        OptionalLong newest = newestVersion();
        for (Path entry : Disk.list(path)) {
            if (newest.isEmpty() || !entry.equals(version(newest.getAsLong()))) {
                disk.deleteTree(entry);
            }
        }
        removeDropped();
    }

    /**
     * Removes the dataset. The removal is durable before any file is deleted, so a crash leaves no half-deleted
     * dataset.
     */
    void drop() throws IOException {
        disk.rename(path, path.resolveSibling(path.getFileName() + DROPPED + System.nanoTime()));
        disk.forceDirectory(path.resolveSibling(""));
        removeDropped();
    }

    private void removeDropped() throws IOException {
        for (Path entry : Disk.list(path.resolveSibling(""))) {
            if (entry.getFileName().toString().startsWith(path.getFileName() + DROPPED)) {
                disk.deleteTree(entry);
            }
        }
    }
}
