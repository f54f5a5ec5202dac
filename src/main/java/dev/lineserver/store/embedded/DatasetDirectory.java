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
 * Where the versions of one dataset are: {@code v1}, {@code v2} … beside each other, each a directory that appears
 * complete, by a rename; and {@code building-…}, which readers ignore. Only the holder of the dataset's lock changes
 * anything.
 */
record DatasetDirectory(Path path, Disk disk) {
    static final String LINES = "lines";
    static final String INDEX = "index";
    static final String BLOCKS = "blocks";
    private static final Pattern VERSION = Pattern.compile("v([1-9][0-9]{0,17})");
    private static final String BUILDING = "building-";
    /** Follows the name of the dataset, which has no dot, so that no dataset's leftovers are taken for another's. */
    private static final String DROPPED = ".dropped-";
    /** Heap that an index must leave free for everything else, in bytes. */
    private static final long RESERVE_BYTES = 8L << 20;

    Path version(long version) {
        return path.resolve("v" + version);
    }

    Path building(long version) {
        return path.resolve(BUILDING + version);
    }

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

    /** Checks that there is an index, in microseconds. Damage is found when it is read. */
    void requireIndex(Manifest manifest) throws StoreFailedException {
        Path file = version(manifest.version()).resolve(INDEX);
        if (!Files.exists(file)) {
            throw failed(file, manifest.sourceName(), new IOException("it does not exist"));
        }
    }

    /** Refuses an index that does not fit in the heap before it is read, so that requests in flight keep their memory. */
    private void requireHeap(long bytes, long version) throws StoreFailedException {
        long needed = bytes + RESERVE_BYTES;
        if (needed > freeHeapBytes()) {
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

    /** Makes a finished build a version, durably; or leaves it a build. */
    void publish(long version) throws IOException {
        disk.forceDirectory(building(version));
        disk.rename(building(version), version(version));
        try {
            disk.forceDirectory(path);
        } catch (IOException e) {
            disk.rename(version(version), building(version));
            throw e;
        }
    }

    /** Removes all but the newest version. */
    void clean() throws IOException {
        OptionalLong newest = newestVersion();
        for (Path entry : Disk.list(path)) {
            if (newest.isEmpty() || !entry.equals(version(newest.getAsLong()))) {
                disk.deleteTree(entry);
            }
        }
        removeDropped();
    }

    /** Removes the dataset; durably, before its space is given back. */
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
