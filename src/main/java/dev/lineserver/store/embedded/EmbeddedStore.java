package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import io.netty.util.concurrent.EventExecutorGroup;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Finding;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.TextShape;
import dev.lineserver.store.embedded.index.LineIndex;

/**
 * Keeps versions in a directory of this machine:
 *
 * <pre>
 * DATASET.lock            locked by the process that writes to the dataset; contains its description
 * DATASET/versions        lists the versions: published, held, last number given
 * DATASET/versions.copy   the same, for the case that the file is lost
 * DATASET/v3/manifest     describes the version
 * DATASET/v3/index        offset of each line
 * DATASET/v3/lines        copy of the lines; absent if they stay in their source
 * DATASET/v3/lines.zst    compressed copy of the lines, in place of the other one
 * DATASET/v3/blocks       digests of the source's blocks; absent if there is a copy
 * DATASET/building-4/…    a version being written, or one whose {@link CopyProgress copy} can be resumed
 * </pre>
 *
 * <p>Replacing the file {@code versions} publishes, holds, rolls back and drops. A dropped dataset keeps this file,
 * because numbers of versions are not reused.
 *
 * <p>Reads acquire no lock and write nothing, so a server can use a directory of another user or on a read-only volume.
 * A directory that does not exist is an empty store. The next process that writes to a dataset removes the files that
 * crashed processes have left, as does {@link #reclaim}.
 */
public final class EmbeddedStore implements LineStore {
    private static final System.Logger LOG = System.getLogger(EmbeddedStore.class.getName());

    private final Path directory;
    private final Disk disk;
    private final DiskReads reads = new DiskReads(System::nanoTime, DiskReads.MAX_QUEUED);
    private final SourceValidation validation;
    private final BlockCache cache = new BlockCache(BlockCache.maxBytes());

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
    public List<Finding> diagnose() {
        return List.of(Finding.ok(
                "layouts", "reads and writes " + ManifestFile.LAYOUT + " and " + ManifestFile.COMPRESSED_LAYOUT));
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
        return DescribedVersions.read(directory(dataset));
    }

    /** Returns the manifest file of the current version, which is durable then; empty if no version is published. */
    private Optional<ManifestFile> currentFile(DatasetName dataset) throws StoreException {
        Optional<Manifest> current = current(dataset);
        if (current.isEmpty()) {
            return Optional.empty();
        }
        DatasetDirectory files = directory(dataset);
        try {
            files.forceIfWritable();
        } catch (IOException e) {
            throw IoErrors.failed("write to " + files.path(), e);
        }
        return Optional.of(files.manifest(current.get().version()));
    }

    @Override
    public Snapshot open(Manifest manifest) throws StoreException {
        DatasetDirectory files = directory(manifest.dataset());
        ManifestFile file = files.manifest(manifest.version());
        LineIndex index = files.index(file);
        return new EmbeddedSnapshot(file.manifest(), index, files.lines(file, cache), reads, validation);
    }

    @Override
    public Optional<Manifest> findUnchanged(BuildRequest request) throws StoreException {
        Optional<ManifestFile> unchanged = currentFile(request.dataset()).filter(current -> current.isFrom(request));
        if (unchanged.isPresent()) {
            directory(request.dataset()).requireFiles(unchanged.get());
        }
        return unchanged.map(ManifestFile::manifest);
    }

    @Override
    public boolean reuse(Manifest current, BuildRequest request) throws StoreException {
        Optional<ManifestFile> file = currentFile(current.dataset())
                .filter(stillCurrent -> stillCurrent.manifest().equals(current));
        Optional<ManifestFile> reused = file.flatMap(version -> version.withSourceOf(request));
        if (reused.isPresent()) {
            directory(current.dataset()).requireFiles(reused.get());
        }
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
        DatasetDirectory files = directory(version.dataset());
        Path file = files.version(version.version()).resolve(ManifestFile.NAME);
        try (LockedDataset _ = LockedDataset.acquire(files, "record a new source stamp")) {
            disk.replaceFile(file, ChecksummedJson.bytes(manifest));
        } catch (IOException | StoreException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the next ingest into dataset " + version.dataset() + " must read its source again: "
                            + (e instanceof IOException failed
                                    ? IoErrors.message("record its stamp", failed)
                                    : e.getMessage()));
        }
    }

    @Override
    public Build begin(BuildRequest request) throws StoreException {
        DatasetName dataset = request.dataset();
        try {
            disk.createDirectories(directory);
            LockedDataset locked = LockedDataset.acquire(directory(dataset), "ingest " + request.sourceName());
            try {
                VersionsFile versions = locked.prepare();
                Optional<BuildFile> unfinished = locked.files().unfinished(versions);
                if (unfinished.isPresent()) {
                    if (!request.resume()) {
                        throw unfinished
                                .get()
                                .status(dataset, versions.last() + 1, false)
                                .refusal();
                    }
                    BuildStatus.requireSameSize(request, unfinished.get().sourceSize());
                }
                return new EmbeddedBuild(request, locked, versions, unfinished.orElse(null));
            } catch (IOException | RuntimeException | Error e) {
                locked.cleanOrLog();
                locked.close();
                throw e;
            } catch (StoreException e) {
                // The directory may not be the store's, or has a build that stays.
                locked.close();
                throw e;
            }
        } catch (IOException e) {
            throw IoErrors.failed("begin a version of dataset " + dataset + " in " + directory, e);
        }
    }

    @Override
    public List<BuildStatus> builds() throws StoreException {
        List<BuildStatus> builds = new ArrayList<>();
        for (DatasetName name : names()) {
            DatasetDirectory files = directory(name);
            try {
                VersionsFile versions = files.list().find().versions();
                Optional<BuildFile> build = files.unfinished(versions);
                if (build.isPresent()) {
                    boolean running = build.get().mayRun() && isLocked(files);
                    builds.add(build.get().status(name, files.next(versions), running));
                }
            } catch (IOException e) {
                // The other datasets are not concerned. An ingest into this one is told why it cannot be read.
                LOG.log(System.Logger.Level.DEBUG, "the builds of dataset " + name + " cannot be listed", e);
            }
        }
        return builds;
    }

    /** A process in another container may have ended without our knowledge; the lock then shows it. */
    private static boolean isLocked(DatasetDirectory files) throws IOException {
        try (LockedDataset _ = LockedDataset.acquireWithoutWriting(files, "list its builds")) {
            return false;
        } catch (StoreFailedException writing) {
            return true;
        }
    }

    @Override
    public boolean discardBuild(DatasetName dataset) throws StoreException {
        return Files.isDirectory(directory(dataset).path())
                && change(dataset, "discard the unfinished build of dataset " + dataset, LockedDataset::discardBuild);
    }

    @Override
    public Manifest publish(DatasetName dataset, long version, int keep) throws StoreException {
        return change(
                dataset,
                "make version " + version + " of dataset " + dataset + " current",
                locked -> locked.publish(version, keep));
    }

    @Override
    public boolean drop(DatasetName dataset) throws StoreException {
        if (!Files.isDirectory(directory(dataset).path())) {
            return false;
        }
        return change(dataset, "drop dataset " + dataset, LockedDataset::drop);
    }

    @Override
    public void drop(DatasetName dataset, long version) throws StoreException {
        boolean _ = change(dataset, "drop version " + version + " of dataset " + dataset, locked -> {
            locked.drop(version);
            return true;
        });
    }

    /** A change of a dataset, made while it is locked. */
    @FunctionalInterface
    private interface Change<T> {
        T apply(LockedDataset locked) throws IOException, StoreException;
    }

    /** @param attempt verb and object, for messages */
    private <T> T change(DatasetName dataset, String attempt, Change<T> change) throws StoreException {
        DatasetDirectory files = directory(dataset);
        try {
            // Creates no lock file for a dataset that does not exist.
            if (!Files.isDirectory(files.path())) {
                throw new StoreFailedException("there is no dataset " + dataset + " in " + directory);
            }
            try (LockedDataset locked = LockedDataset.acquire(files, attempt)) {
                return change.apply(locked);
            }
        } catch (IOException e) {
            throw IoErrors.failed(attempt, e);
        }
    }

    @Override
    public List<Leftover> reclaim(boolean dryRun) throws StoreException {
        List<Leftover> found = new ArrayList<>();
        try {
            Set<DatasetName> datasets = Disk.list(directory).stream()
                    .filter(Files::isDirectory)
                    .map(Leftovers::datasetOf)
                    .flatMap(Optional::stream)
                    .collect(Collectors.toCollection(() -> new TreeSet<>(Comparator.comparing(DatasetName::value))));
            for (DatasetName dataset : datasets) {
                try {
                    found.addAll(reclaim(dataset, dryRun));
                } catch (ChecksummedJson.OtherLayoutException e) {
                    // Only the release that wrote it knows what it needs. The other datasets are not concerned.
                    LOG.log(System.Logger.Level.WARNING, "dataset " + dataset + " is left as it is: " + e.getMessage());
                }
            }
        } catch (IOException e) {
            throw IoErrors.failed("remove what no version needs from " + directory, e);
        }
        return found;
    }

    private List<Leftover> reclaim(DatasetName dataset, boolean dryRun) throws IOException {
        DatasetDirectory files = directory(dataset);
        if (files.leftovers().isEmpty()) {
            // Usually there are none, and then the dataset is not locked and no permission to write is needed.
            return List.of();
        }
        try (LockedDataset locked = dryRun
                ? LockedDataset.acquireWithoutWriting(files, "look for leftovers")
                : LockedDataset.acquire(files, "remove leftovers")) {
            return locked.reclaim(dryRun);
        } catch (StoreFailedException busy) {
            // The process that is writing to the dataset has removed its leftovers.
            LOG.log(System.Logger.Level.DEBUG, busy.getMessage());
            return List.of();
        }
    }

    @Override
    public Plan plan(TextShape shape, int keep, LinesPerRecord linesPerRecord) throws StoreException {
        return EmbeddedPlan.of(shape, keep, directory);
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
