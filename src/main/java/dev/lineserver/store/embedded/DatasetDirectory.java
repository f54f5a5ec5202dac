package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.embedded.index.LineIndex;
import dev.lineserver.store.embedded.index.LineIndexFile;

/**
 * The directory of one dataset. Its {@link VersionsFile} lists the versions; each has a directory {@code v1}, {@code v2}
 * …. At most one {@code building-…} is a version being written. Only the process that holds the {@link DatasetLock}
 * changes files here; readers need no lock, and look only at the versions that the file lists.
 *
 * <p>A version is published, held or removed by replacing the versions file. Its directory is complete and durable
 * before the file lists it, and is deleted after the file has ceased to list it, so whatever the file lists is whole at
 * any moment.
 *
 * @param path the directory; its name is the name of the dataset
 * @param disk makes all changes
 */
record DatasetDirectory(Path path, Disk disk) {
    private static final System.Logger LOG = System.getLogger(DatasetDirectory.class.getName());

    static final String LINES = "lines";
    static final String INDEX = "index";
    static final String BLOCKS = "blocks";
    static final String BUILDING = "building-";

    /** Returns the directory of a version. */
    Path version(long version) {
        return path.resolve("v" + version);
    }

    /** Returns the directory of a version while it is being written. */
    Path building(long version) {
        return path.resolve(BUILDING + version);
    }

    private VersionsOnDisk list() {
        return new VersionsOnDisk(path, disk);
    }

    /**
     * Returns the versions of the dataset that readers see.
     *
     * @throws StoreFailedException if they cannot be read; the message tells how to replace a damaged file
     */
    VersionsFile versions() throws StoreFailedException {
        Path file = path.resolve(VersionsOnDisk.NAME);
        try {
            return list().read();
        } catch (ChecksummedJson.UnusableException e) {
            throw new StoreFailedException(
                    file + " cannot be used: " + e.getMessage() + "; ingest the file again to replace it", e);
        } catch (ChecksummedJson.OtherLayoutException e) {
            throw new StoreFailedException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw IoErrors.failed("read " + file, e);
        }
    }

    /** Returns false if nothing shows that this directory belongs to the store: it may be anybody's. */
    boolean isStores() throws IOException {
        return list().exist() || !list().storedNumbers().isEmpty();
    }

    /** Reads the manifest of a version. */
    ManifestFile manifest(long version) throws StoreException {
        Path file = version(version).resolve(ManifestFile.NAME);
        try {
            ManifestFile read = ManifestFile.read(file);
            if (!read.manifest().dataset().equals(name()) || read.manifest().version() != version) {
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
            long virtualTerminator = manifest.content().terminated() ? 0 : 1;
            LineIndex index = HeapRoom.OF_PROCESS.allocate(
                    Files.size(file) + BlockDigests.bytes(manifest.content()),
                    "the index of " + describe(manifest.version()),
                    () -> LineIndexFile.allocate(file, manifest.lineCount(), manifest.byteCount() + virtualTerminator));
            LineIndexFile.fill(file, index);
            return index;
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

    private StoreException unusable(long version, Path file, String source, IOException cause) {
        return switch (cause) {
            // A missing file usually means that the version was removed after it was listed.
            case NoSuchFileException _ ->
                new StoreUnavailableException(describe(version) + " is gone: " + file + " does not exist", cause);
            // An interrupt of the reading thread, as at the end of the process, has closed the file.
            case ClosedChannelException _ ->
                new StoreUnavailableException(IoErrors.message("read " + file, cause), cause);
            case ChecksummedJson.OtherLayoutException _ ->
                new StoreFailedException(cause.getMessage() + ", or ingest " + source + " again to replace it", cause);
            default -> failed(file, source, cause);
        };
    }

    private static StoreFailedException failed(Path file, String source, IOException cause) {
        return cause instanceof FileSystemException
                ? IoErrors.failed("read " + file, cause)
                : new StoreFailedException(
                        file + " cannot be used: " + cause.getMessage() + "; ingest " + source + " again to replace it",
                        cause);
    }

    /** Returns the name of the dataset. */
    DatasetName name() {
        return new DatasetName(path.getFileName().toString());
    }

    private String describe(long version) {
        return "dataset " + name() + " version " + version;
    }

    /**
     * Prepares a build: removes leftovers, and creates the versions file if there is none, so that readers do not take
     * the new version for the current one before it is listed.
     *
     * @return the versions of the dataset; the next number is free
     * @throws StoreFailedException if the directory is not the store's
     */
    VersionsFile prepare() throws IOException, StoreFailedException {
        if (!isStores() && Leftovers.hasOthers(path)) {
            throw new StoreFailedException("the directory " + path
                    + " holds other things than versions of a dataset; choose another --data-dir or --dataset");
        }
        disk.createDirectories(path);
        // Makes the directory the store's.
        VersionsOnDisk.FoundVersions _ = list().settle();
        VersionsFile versions = clean();
        // What is left of other directories than those of the versions is not the store's, and keeps its name.
        return versions.withLast(VersionsOnDisk.max(Leftovers.numbers(path)));
    }

    /** Turns a complete build into the directory of a version. It is durable when this method returns, and not listed. */
    void complete(long version) throws IOException {
        disk.forceDirectory(building(version));
        disk.rename(building(version), version(version));
        // The entry must be durable before the version is listed.
        disk.forceDirectory(path);
    }

    /** Replaces the versions, as {@link VersionsOnDisk#replace} describes. */
    void replaceVersions(VersionsFile now, VersionsFile next) throws IOException {
        list().replace(now, next);
    }

    /**
     * Makes a version current, if it is not, and deletes the versions that are not kept.
     *
     * @return its manifest
     */
    Manifest publish(long version, int keep) throws IOException, StoreException {
        VersionsFile versions = list().find().versions();
        StoredVersion.State state = requireListed(version, versions);
        ManifestFile file = manifest(version);
        if (state != StoredVersion.State.CURRENT) {
            requireUsable(file);
            replaceVersions(versions, versions.publish(version, VersionsFile.keep(keep, file.inPlace())));
            cleanOrLog();
        }
        return file.manifest();
    }

    /** Checks that the lines of a version can still be read: its source may have been changed since. */
    private void requireUsable(ManifestFile file) throws StoreException {
        requireIndex(file.manifest());
        LineIndex _ = index(file.manifest());
        try (LinesFile lines = lines(file)) {
            lines.check();
        }
    }

    /**
     * Removes all versions.
     *
     * @return false if there were none
     */
    boolean drop() throws IOException {
        VersionsFile versions = list().find().versions();
        boolean existed = !versions.numbers().isEmpty();
        if (existed) {
            removeVersions(versions, VersionsFile.of(List.of(), List.of(), versions.last()));
        } else {
            cleanOrLog();
        }
        return existed;
    }

    /** Removes a version that is not current. */
    void drop(long version) throws IOException, StoreFailedException {
        VersionsFile versions = list().find().versions();
        if (requireListed(version, versions) == StoredVersion.State.CURRENT) {
            throw new StoreFailedException("version " + version + " of dataset " + name()
                    + " is current: publish another version first, or drop the whole dataset");
        }
        removeVersions(versions, versions.without(version));
    }

    private StoredVersion.State requireListed(long version, VersionsFile versions) throws StoreFailedException {
        return versions.state(version)
                .orElseThrow(() -> new StoreFailedException("dataset " + name() + " has no version " + version
                        + "; it has " + (versions.numbers().isEmpty() ? "none" : versions.numbers())));
    }

    /**
     * Removes versions from the versions file, and deletes them. If that file cannot be written, for example because the
     * disk is full, they are deleted first, and it is written again. If the process crashes in between, a version is listed
     * that cannot be read, and that can be removed again.
     *
     * @param now the content of the file
     * @param next its new content
     */
    private void removeVersions(VersionsFile now, VersionsFile next) throws IOException {
        try {
            replaceVersions(now, next);
        } catch (IOException e) {
            // A full disk has no exception of its own, but these have.
            if (e instanceof AccessDeniedException || e instanceof ClosedChannelException) {
                throw e;
            }
            for (long number : now.numbers()) {
                if (next.state(number).isEmpty()) {
                    disk.deleteTree(version(number));
                }
            }
            replaceVersions(now, next);
        }
        cleanOrLog();
    }

    /** Returns the files that belong to no version. */
    List<Leftovers.LeftoverPath> leftovers() throws IOException {
        return leftovers(list().find());
    }

    private List<Leftovers.LeftoverPath> leftovers(VersionsOnDisk.FoundVersions found) throws IOException {
        List<Leftovers.LeftoverPath> leftovers = Leftovers.find(this, found.versions());
        // If the list is lost, the directory of a version may be all that shows that its number was given.
        return found.isKnown()
                ? leftovers
                : leftovers.stream()
                        .filter(leftover -> !Leftovers.isNamedLikeVersion(leftover.path()))
                        .toList();
    }

    /**
     * Removes the files that belong to no version. First makes the versions file and its copy equal, because both must
     * have ceased to list a version, durably, before its files are deleted.
     *
     * @return the versions of the dataset
     */
    private VersionsFile clean() throws IOException {
        VersionsOnDisk.FoundVersions found = isStores() ? list().settle() : list().find();
        List<Leftovers.LeftoverPath> leftovers = leftovers(found);
        if (!leftovers.isEmpty() && Files.isDirectory(path)) {
            // A process that was stopped may have replaced the list without forcing the directory. A power cut would
            // then list again what is deleted here.
            disk.forceDirectory(path);
        }
        for (Leftovers.LeftoverPath leftover : leftovers) {
            disk.deleteTree(leftover.path());
        }
        return found.versions();
    }

    /**
     * Removes the files that belong to no version.
     *
     * @param dryRun true to return them only
     * @return them, with their sizes
     */
    List<Leftover> reclaim(boolean dryRun) throws IOException {
        List<Leftover> found = new ArrayList<>();
        for (Leftovers.LeftoverPath leftover : leftovers()) {
            String name = path.resolveSibling("").relativize(leftover.path()).toString();
            found.add(new Leftover(name, leftover.reason(), Disk.size(leftover.path()), "bytes"));
        }
        if (!dryRun) {
            VersionsFile _ = clean();
        }
        return found;
    }

    /** Removes the files that belong to no version. A failure is only logged: the change that made them so has succeeded. */
    void cleanOrLog() {
        // An interrupted thread could neither read the list nor force it.
        boolean interrupted = Thread.interrupted();
        try {
            VersionsFile _ = clean();
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "files that no version needs could not be removed from " + path
                            + "; the next ingest of the dataset removes them, and so does line-server reclaim",
                    e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
