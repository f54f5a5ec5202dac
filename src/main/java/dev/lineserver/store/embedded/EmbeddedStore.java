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
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.TextShape;
import dev.lineserver.store.embedded.index.LineIndex;

/**
 * Keeps versions in a directory of this machine:
 *
 * <pre>
 * DATASET.lock            locked by the process that writes to the dataset; contains its description
 * DATASET/v3/manifest     describes the version
 * DATASET/v3/index        offset of each line
 * DATASET/v3/lines        copy of the lines; absent if they stay in their source
 * DATASET/v3/blocks       digests of the source's blocks; absent if there is a copy
 * DATASET/building-4/…    a version being written
 * DATASET.dropped-…       a dataset being removed
 * </pre>
 *
 * <p>Reads acquire no lock and write nothing, so a server can use a directory of another user or on a read-only volume.
 * A directory that does not exist is an empty store. The next process that writes to a dataset removes the files that
 * crashed processes have left.
 */
public final class EmbeddedStore implements LineStore {
    private static final System.Logger LOG = System.getLogger(EmbeddedStore.class.getName());

    /**
     * Attempts to find the newest version while another process publishes one, because readers acquire no lock. A
     * version may be removed after it was listed and before its manifest is read. A listing may also miss all versions:
     * the operating system reads a directory in steps, the newer version may appear among entries that were already
     * read, and the older one may then be removed before it is read.
     */
    private static final int MAX_READ_ATTEMPTS = 20;

    private final Path directory;
    private final Disk disk;
    private final DiskReads reads = new DiskReads(System::nanoTime, DiskReads.MAX_QUEUED);
    private final SourceValidation validation;

    EmbeddedStore(Path directory, @Nullable EventExecutorGroup eventLoops, Disk disk) {
        this.directory = directory.toAbsolutePath().normalize();
        this.disk = disk;
        validation = new SourceValidation(eventLoops);
    }

    /**
     * Opens the store in a directory.
     *
     * @param eventLoops the event loops that look up lines; null if there are none
     * @throws StoreFailedException if {@code directory} exists and is not a directory
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
                versions(name).map(DatasetListing.Described::new).ifPresent(listed::add);
            } catch (StoreException failure) {
                listed.add(new DatasetListing.Unreadable(name, failure));
            }
        }
        return listed;
    }

    @Override
    public Optional<DatasetVersions> versions(DatasetName dataset) throws StoreException {
        return newestFile(dataset).map(ManifestFile::manifest).map(newest -> new DatasetVersions(
                dataset, List.of(StoredVersion.of(StoredVersion.State.CURRENT, newest)), newest.version()));
    }

    private Optional<ManifestFile> newestFile(DatasetName dataset) throws StoreException {
        DatasetDirectory versions = directory(dataset);
        @Nullable StoreException failure = null;
        try {
            for (int attempt = 0; attempt < MAX_READ_ATTEMPTS; attempt++) {
                OptionalLong version = versions.newestVersion();
                if (version.isPresent()) {
                    try {
                        return Optional.of(versions.manifest(version.getAsLong()));
                    } catch (StoreException e) {
                        // Lists again: the version may have been superseded. A damaged one fails all attempts.
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
        Optional<Manifest> unchanged = newestFile(request.dataset())
                .filter(newest -> newest.isFrom(request))
                .map(ManifestFile::manifest);
        if (unchanged.isPresent()) {
            directory(request.dataset()).requireIndex(unchanged.get());
        }
        return unchanged;
    }

    @Override
    public boolean reuse(Manifest newest, BuildRequest request) throws StoreException {
        Optional<ManifestFile> file = newestFile(newest.dataset())
                .filter(stillNewest -> stillNewest.manifest().equals(newest));
        Optional<ManifestFile> reused = file.flatMap(version -> version.withSourceOf(request));
        if (reused.isPresent() && !reused.equals(file)) {
            replaceManifest(reused.get());
        }
        return reused.isPresent();
    }

    /**
     * Replaces a manifest, so that the next ingest recognises the source without reading it. The version is usable
     * without this, so a failure is only logged.
     */
    private void replaceManifest(ManifestFile manifest) {
        Manifest version = manifest.manifest();
        Path versionDirectory = directory(version.dataset()).version(version.version());
        Path replacement = versionDirectory.resolve(ManifestFile.NAME + ".new");
        try (DatasetLock _ = DatasetLock.acquire(directory, version.dataset(), "record a new source stamp")) {
            // A crashed process may have left a replacement.
            disk.delete(replacement);
            manifest.write(replacement, disk);
            disk.rename(replacement, versionDirectory.resolve(ManifestFile.NAME));
        } catch (IOException | StoreException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the next ingest into dataset " + version.dataset() + " must read its source again: "
                            + e.getMessage());
        }
    }

    @Override
    public Build begin(BuildRequest request) throws StoreException {
        DatasetName dataset = request.dataset();
        try {
            disk.createDirectories(directory);
            DatasetLock lock = DatasetLock.acquire(directory, dataset, "ingest " + request.sourceName());
            try {
                DatasetDirectory versions = directory(dataset);
                // Removes the remains of crashed builds under the lock, before the number of this version is chosen.
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
        try (DatasetLock _ = DatasetLock.acquire(directory, dataset, "drop it")) {
            versions.drop();
            return true;
        } catch (IOException e) {
            throw IoErrors.failed("drop dataset " + dataset, e);
        }
    }

    @Override
    public Manifest publish(DatasetName dataset, long version, int keep) throws StoreException {
        throw new StoreFailedException("not yet");
    }

    @Override
    public void drop(DatasetName dataset, long version) throws StoreException {
        throw new StoreFailedException("not yet");
    }

    @Override
    public List<Leftover> reclaim(boolean dryRun) throws StoreException {
        return List.of();
    }

    @Override
    public Plan plan(TextShape shape, int keep) throws StoreException {
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
