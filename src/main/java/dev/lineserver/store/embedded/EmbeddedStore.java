package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

import io.netty.util.concurrent.EventExecutorGroup;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.TextShape;
import dev.lineserver.store.embedded.index.LineIndex;

/**
 * Keeps versions in a directory of this machine.
 *
 * <pre>
 * DATASET.lock            locked by the process that writes to the dataset, and names it
 * DATASET/v3/manifest     what describes the version
 * DATASET/v3/index        where each line begins
 * DATASET/v3/lines        the bytes, or if they stay in their source
 * DATASET/v3/blocks       digests of its blocks
 * DATASET/building-4/…    a version being written
 * DATASET.dropped-…       a dataset being removed
 * </pre>
 *
 * <p>Reading takes no lock and changes nothing, so a directory of another user or on a read-only volume can be served. A
 * directory that does not exist is an empty store. What ended processes left behind is removed by the next one that writes
 * to the dataset.
 */
public final class EmbeddedStore implements LineStore {
    private static final System.Logger LOG = System.getLogger(EmbeddedStore.class.getName());

    /**
     * A version listed may be removed before its manifest is read. And a listing misses the newest version if that is
     * renamed into place behind the listing's position just before the version ahead of the position is removed.
     */
    private static final int ATTEMPTS_TO_READ = 20;

    private final Path directory;
    private final Disk disk;
    private final DiskReads reads = new DiskReads(System::nanoTime, DiskReads.MOST_WAITING);
    private final SourceValidation validation;

    EmbeddedStore(Path directory, @Nullable EventExecutorGroup eventLoops, Disk disk) {
        this.directory = directory.toAbsolutePath().normalize();
        this.disk = disk;
        validation = new SourceValidation(eventLoops);
    }

    /**
     * Opens the store in a directory.
     *
     * @param eventLoops whose threads look lines up; null if there are none
     * @throws StoreFailedException if there is something else than a directory
     */
    public static EmbeddedStore open(Path directory, @Nullable EventExecutorGroup eventLoops) throws StoreException {
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new StoreFailedException("the data directory " + directory + " is not a directory: name another one");
        }
        return new EmbeddedStore(directory, eventLoops, new Disk());
    }

    @Override
    public List<DatasetListing> datasets() throws StoreException {
        List<DatasetListing> listed = new ArrayList<>();
        for (DatasetName name : names()) {
            try {
                newest(name).map(DatasetListing.Described::new).ifPresent(listed::add);
            } catch (StoreException failure) {
                listed.add(new DatasetListing.Unreadable(name, failure));
            }
        }
        return listed;
    }

    @Override
    public Optional<Manifest> newest(DatasetName dataset) throws StoreException {
        return newestFile(dataset).map(ManifestFile::manifest);
    }

    private Optional<ManifestFile> newestFile(DatasetName dataset) throws StoreException {
        DatasetDirectory versions = directory(dataset);
        @Nullable StoreException failure = null;
        try {
            for (int attempt = 0; attempt < ATTEMPTS_TO_READ; attempt++) {
                OptionalLong version = versions.newestVersion();
                if (version.isPresent()) {
                    try {
                        return Optional.of(versions.manifest(version.getAsLong()));
                    } catch (StoreException e) {
                        failure = e;
                    }
                }
            }
            if (failure != null) {
                throw failure;
            }
            return Optional.empty();
        } catch (IOException e) {
            throw IoErrors.failed("list the versions of dataset " + dataset, e);
        }
    }

    @Override
    public Snapshot open(Manifest manifest) throws StoreException {
        DatasetDirectory versions = directory(manifest.dataset());
        ManifestFile file = versions.manifest(manifest.version());
        LineIndex index = versions.index(file.manifest());
        return new EmbeddedSnapshot(file.manifest(), index, versions.lines(file), reads, validation);
    }

    @Override
    public Optional<Manifest> findUnchanged(BuildRequest request) throws StoreException {
        Optional<Manifest> stored = newestFile(request.dataset())
                .filter(newest -> newest.isFrom(request))
                .map(ManifestFile::manifest);
        if (stored.isPresent()) {
            directory(request.dataset()).requireIndex(stored.get());
        }
        return stored;
    }

    @Override
    public boolean reuse(Manifest newest, BuildRequest request) throws StoreException {
        Optional<ManifestFile> file = newestFile(newest.dataset())
                .filter(stillNewest -> stillNewest.manifest().equals(newest));
        Optional<ManifestFile> reused = file.flatMap(version -> version.standingFor(request));
        if (reused.isPresent() && !reused.equals(file)) {
            remember(reused.get());
        }
        return reused.isPresent();
    }

    /** Replaces a manifest, so that the next ingest recognizes the source without reading it. Not needed for that. */
    private void remember(ManifestFile manifest) {
        Manifest version = manifest.manifest();
        Path versionDirectory = directory(version.dataset()).version(version.version());
        Path replacement = versionDirectory.resolve(ManifestFile.NAME + ".new");
        try (DatasetLock _ = DatasetLock.take(directory, version.dataset(), "accept its source's new time")) {
            disk.delete(replacement);
            manifest.write(replacement, disk);
            disk.rename(replacement, versionDirectory.resolve(ManifestFile.NAME));
        } catch (IOException | StoreException e) {
            LOG.log(System.Logger.Level.WARNING, "the next ingest will have to read its source: " + e.getMessage());
        }
    }

    @Override
    public Build begin(BuildRequest request) throws StoreException {
        DatasetName dataset = request.dataset();
        try {
            disk.createDirectories(directory);
            DatasetLock lock = DatasetLock.take(directory, dataset, "ingest " + request.sourceName());
            try {
                DatasetDirectory versions = directory(dataset);
                versions.clean();
                return new EmbeddedBuild(
                        request, versions, versions.newestVersion().orElse(0) + 1, lock);
            } catch (IOException | RuntimeException | Error e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw IoErrors.failed("begin a version of dataset " + dataset + " in " + directory, e);
        }
    }

    @Override
    public boolean drop(DatasetName dataset) throws StoreException {
        DatasetDirectory versions = directory(dataset);
        if (!Files.isDirectory(versions.path())) {
            return false;
        }
        try (DatasetLock _ = DatasetLock.take(directory, dataset, "drop it")) {
            versions.drop();
            return true;
        } catch (IOException e) {
            throw IoErrors.failed("drop dataset " + dataset, e);
        }
    }

    @Override
    public Plan plan(TextShape shape) throws StoreException {
        return EmbeddedPlan.of(shape, directory);
    }

    @Override
    public void close() {
        reads.close();
    }

    private DatasetDirectory directory(DatasetName dataset) {
        return new DatasetDirectory(directory.resolve(dataset.value()), disk);
    }

    private List<DatasetName> names() throws StoreException {
        try {
            return Disk.list(directory).stream()
                    .filter(Files::isDirectory)
                    .map(entry -> entry.getFileName().toString())
                    .filter(DatasetName::isValid)
                    .sorted()
                    .map(DatasetName::new)
                    .toList();
        } catch (IOException e) {
            throw IoErrors.failed("list the datasets in " + directory, e);
        }
    }
}
