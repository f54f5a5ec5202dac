package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/** Reads the files of a version, and says in an operator's words what is wrong with them. */
final class VersionFiles {
    private VersionFiles() {}

    /** What describes a version, and where its lines are. */
    static ManifestFile manifest(DatasetDirectory versions, DatasetName dataset, long version) throws StoreException {
        Path file = versions.version(version).resolve(ManifestFile.NAME);
        try {
            return ManifestFile.read(file);
        } catch (IOException e) {
            if (!Files.exists(file)) {
                throw new StoreUnavailableException("version " + version + " of dataset " + dataset + " is gone", e);
            }
            throw new StoreFailedException(
                    "the manifest " + file + " is damaged (" + e.getMessage()
                            + "); ingest the file again to replace it",
                    e);
        }
    }

    /** A version's index, held to its manifest. */
    static LineIndex index(DatasetDirectory versions, Manifest manifest) throws StoreException {
        Path path = versions.version(manifest.version()).resolve(DatasetDirectory.INDEX);
        try {
            LineIndex index = LineIndexFile.read(path);
            long virtualTerminator = manifest.content().terminated() ? 0 : 1;
            if (index.lineCount() != manifest.lineCount()
                    || index.start(index.lineCount()) != manifest.byteCount() + virtualTerminator) {
                throw new LineIndexFile.DamagedIndexException("it belongs to another version");
            }
            return index;
        } catch (LineIndexFile.DamagedIndexException e) {
            throw new StoreFailedException(
                    "the index " + path + " cannot be used: " + e.getMessage() + "; ingest " + manifest.sourceName()
                            + " again to replace it",
                    e);
        } catch (IOException e) {
            throw DiskErrors.failed("read the index " + path, e);
        }
    }
}
