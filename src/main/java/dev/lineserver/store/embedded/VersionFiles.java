package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.embedded.index.LineIndex;
import dev.lineserver.store.embedded.index.LineIndexFile;

/** Reads the files of one version, and says in an operator's words why they cannot be used. */
record VersionFiles(Path directory, DatasetName dataset, long version) {
    /** Heap that an index must leave free for everything else, in bytes. */
    private static final long RESERVE_BYTES = 8L << 20;

    ManifestFile manifest() throws StoreException {
        Path file = directory.resolve(ManifestFile.NAME);
        try {
            ManifestFile read = ManifestFile.read(file);
            if (!read.manifest().dataset().equals(dataset) || read.manifest().version() != version) {
                throw new IOException("it belongs to another version");
            }
            return read;
        } catch (IOException e) {
            throw unusable(file, "the file", e);
        }
    }

    /** Reads the index into RAM. */
    LineIndex index(Manifest manifest) throws StoreException {
        Path file = directory.resolve(DatasetDirectory.INDEX);
        try {
            requireHeap(Files.size(file) + BlockDigests.bytes(manifest.content()));
            long virtualTerminator = manifest.content().terminated() ? 0 : 1;
            return LineIndexFile.read(file, manifest.lineCount(), manifest.byteCount() + virtualTerminator);
        } catch (IOException e) {
            throw unusable(file, manifest.sourceName(), e);
        }
    }

    /** Opens the file that holds the lines. */
    LinesFile lines(ManifestFile file) throws StoreException {
        Manifest manifest = file.manifest();
        Path blocks = directory.resolve(DatasetDirectory.BLOCKS);
        SourceFile source = file.source();
        if (source == null || !file.inPlace()) {
            return LinesFile.open(manifest, directory.resolve(DatasetDirectory.LINES), null, null);
        }
        try {
            return LinesFile.open(
                    manifest, source.path(), source.stamp(), BlockDigests.read(blocks, manifest.content()));
        } catch (IOException e) {
            throw unusable(blocks, manifest.sourceName(), e);
        }
    }

    /** Checks that there is an index, in microseconds. Damage is found when it is read. */
    void requireIndex(Manifest manifest) throws StoreFailedException {
        Path file = directory.resolve(DatasetDirectory.INDEX);
        if (!Files.exists(file)) {
            throw failed(file, manifest.sourceName(), new IOException("it does not exist"));
        }
    }

    /** Refuses an index that does not fit in the heap before it is read, so that requests in flight keep their memory. */
    private void requireHeap(long bytes) throws StoreFailedException {
        long needed = bytes + RESERVE_BYTES;
        if (needed > freeHeapBytes()) {
            System.gc();
        }
        long free = freeHeapBytes();
        if (needed > free) {
            throw new StoreFailedException("the index of " + this + " needs " + (needed >> 20) + " MiB of heap, and "
                    + (free >> 20) + " MiB are free: raise -Xmx");
        }
    }

    private static long freeHeapBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }

    private StoreException unusable(Path file, String source, IOException cause) {
        return cause instanceof NoSuchFileException
                ? new StoreUnavailableException(this + " is gone: " + file + " does not exist", cause)
                : failed(file, source, cause);
    }

    private static StoreFailedException failed(Path file, String source, IOException cause) {
        return cause instanceof FileSystemException
                ? IoErrors.failed("read " + file, cause)
                : new StoreFailedException(
                        file + " cannot be used: " + cause.getMessage() + "; ingest " + source + " again to replace it",
                        cause);
    }

    @Override
    public String toString() {
        return "dataset " + dataset + " version " + version;
    }
}
