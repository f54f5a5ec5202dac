package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

import io.netty.util.concurrent.EventExecutorGroup;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.TextShape;

/**
 * Keeps versions in a directory of this machine.
 *
 * <pre>
 * DATASET.lock            held by the one that writes to the dataset
 * DATASET/v3/manifest.properties
 * DATASET/v3/index        where each line begins
 * DATASET/v3/lines        the bytes, where the source could not stay in place
 * DATASET/building-4/…    a version being written
 * .dropped-…              a dataset being removed
 * </pre>
 */
public final class EmbeddedStore implements LineStore {
    private static final System.Logger LOG = System.getLogger(EmbeddedStore.class.getName());
    private static final String DROPPED = ".dropped-";

    private final Path directory;
    private final Disk disk;
    private final DiskReads reads = new DiskReads();
    private final ChecksPerTurn checks;

    private EmbeddedStore(Path directory, @Nullable EventExecutorGroup eventLoops, Disk disk) {
        this.directory = directory;
        this.disk = disk;
        checks = new ChecksPerTurn(eventLoops);
    }

    /**
     * Opens the store in a directory, which is made where it is missing, and removes what ended processes left behind.
     *
     * @param eventLoops on which lookups come in; null where there are none
     * @throws StoreFailedException where the directory cannot be used
     */
    public static EmbeddedStore open(Path directory, @Nullable EventExecutorGroup eventLoops) throws StoreException {
        return open(directory, eventLoops, new Disk());
    }

    static EmbeddedStore open(Path directory) throws StoreException {
        return open(directory, null, new Disk());
    }

    static EmbeddedStore open(Path directory, Disk disk) throws StoreException {
        return open(directory, null, disk);
    }

    private static EmbeddedStore open(Path directory, @Nullable EventExecutorGroup eventLoops, Disk disk)
            throws StoreException {
        EmbeddedStore store = new EmbeddedStore(directory.toAbsolutePath().normalize(), eventLoops, disk);
        try {
            Files.createDirectories(store.directory);
            store.clean();
        } catch (IOException e) {
            throw DiskErrors.failed("use the data directory " + store.directory, e);
        }
        return store;
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
        DatasetDirectory versions = DatasetDirectory.of(directory, dataset, disk);
        try {
            OptionalLong version = versions.newestVersion();
            if (version.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(VersionFiles.manifest(versions, dataset, version.getAsLong()));
        } catch (IOException e) {
            throw DiskErrors.failed("list the versions of dataset " + dataset, e);
        }
    }

    @Override
    public Snapshot open(Manifest manifest) throws StoreException {
        DatasetName dataset = manifest.dataset();
        DatasetDirectory versions = DatasetDirectory.of(directory, dataset, disk);
        ManifestFile file = VersionFiles.manifest(versions, dataset, manifest.version());
        return EmbeddedSnapshot.open(
                file,
                versions.version(manifest.version()),
                VersionFiles.index(versions, file.manifest()),
                reads,
                checks);
    }

    @Override
    public Optional<Manifest> stored(BuildRequest request) throws StoreException {
        Optional<Manifest> stored = newestFile(request.dataset())
                .filter(newest -> newest.isFrom(request))
                .map(ManifestFile::manifest);
        if (stored.isPresent()) {
            VersionFiles.index(DatasetDirectory.of(directory, request.dataset(), disk), stored.get());
        }
        return stored;
    }

    @Override
    public boolean reuse(Manifest newest, BuildRequest request) throws StoreException {
        Optional<ManifestFile> file = newestFile(newest.dataset())
                .filter(stillNewest -> stillNewest.manifest().equals(newest));
        Optional<ManifestFile> reused = file.flatMap(version -> version.standingFor(request));
        if (reused.isPresent() && !reused.equals(file)) {
            replace(DatasetDirectory.of(directory, newest.dataset(), disk).version(newest.version()), reused.get());
        }
        return reused.isPresent();
    }

    /** So that the next start needs no look at the content to accept the source's new time. */
    private void replace(Path versionDirectory, ManifestFile manifest) throws StoreException {
        Path replacement = versionDirectory.resolve(ManifestFile.NAME + ".new");
        DatasetLock lock = lock(manifest.manifest().dataset(), owner("accept its source's new time"));
        try {
            Files.deleteIfExists(replacement);
            manifest.write(replacement, disk);
            disk.rename(replacement, versionDirectory.resolve(ManifestFile.NAME));
            disk.forceDirectory(versionDirectory);
        } catch (IOException e) {
            throw DiskErrors.failed("replace the manifest in " + versionDirectory, e);
        } finally {
            release(lock);
        }
    }

    private static String owner(String purpose) {
        return "process " + ProcessHandle.current().pid() + ", which began at "
                + Instant.now().truncatedTo(ChronoUnit.SECONDS) + " to " + purpose;
    }

    @Override
    public Build begin(BuildRequest request) throws StoreException {
        DatasetName dataset = request.dataset();
        DatasetLock lock = lock(dataset, owner("ingest " + request.sourceName()));
        try {
            DatasetDirectory versions = DatasetDirectory.of(directory, dataset, disk);
            versions.clean();
            long version = versions.newestVersion().orElse(0) + 1;
            return new EmbeddedBuild(request, versions, version, lock, disk);
        } catch (IOException e) {
            release(lock);
            throw DiskErrors.failed("begin a version of dataset " + dataset + " in " + directory, e);
        }
    }

    @Override
    public boolean drop(DatasetName dataset) throws StoreException {
        DatasetLock lock = lock(dataset, owner("drop it"));
        try {
            DatasetDirectory versions = DatasetDirectory.of(directory, dataset, disk);
            if (!Files.exists(versions.path())) {
                return false;
            }
            Path dropped = directory.resolve(DROPPED + dataset + "-" + System.nanoTime());
            disk.rename(versions.path(), dropped);
            disk.deleteTree(dropped);
            return true;
        } catch (IOException e) {
            throw DiskErrors.failed("drop dataset " + dataset, e);
        } finally {
            release(lock);
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

    private DatasetLock lock(DatasetName dataset, String owner) throws StoreException {
        try {
            return DatasetLock.take(directory, dataset, owner)
                    .orElseThrow(() -> new StoreFailedException("dataset " + dataset + " is being written by "
                            + DatasetLock.owner(directory, dataset) + "; wait for it to end, or end it"));
        } catch (IOException e) {
            throw DiskErrors.failed("lock dataset " + dataset + " in " + directory, e);
        }
    }

    private static void release(DatasetLock lock) {
        try {
            lock.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "a dataset's lock could not be closed", e);
        }
    }

    private List<DatasetName> names() throws StoreException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(Files::isDirectory)
                    .map(entry -> entry.getFileName().toString())
                    .filter(DatasetName::isValid)
                    .map(DatasetName::new)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw DiskErrors.failed("list the datasets in " + directory, e);
        }
    }

    private void clean() throws IOException, StoreException {
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.toList()) {
                if (entry.getFileName().toString().startsWith(DROPPED)) {
                    disk.deleteTree(entry);
                }
            }
        }
        for (DatasetName name : names()) {
            Optional<DatasetLock> lock = DatasetLock.take(directory, name, owner("remove leftovers"));
            if (lock.isPresent()) {
                try (DatasetLock held = lock.get()) {
                    DatasetDirectory.of(directory, name, disk).clean();
                }
            }
        }
    }
}
