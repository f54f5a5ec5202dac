package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

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

    /**
     * Returns the versions of the dataset. Earlier releases wrote no versions file, and had one version: the newest.
     *
     * @throws StoreFailedException if they cannot be read; the message tells how to replace a damaged file
     */
    VersionsFile versions() throws StoreFailedException {
        Path file = path.resolve(VersionsFile.NAME);
        try {
            return readVersions();
        } catch (ChecksummedJson.UnusableException e) {
            throw new StoreFailedException(
                    file + " cannot be used: " + e.getMessage() + "; ingest the file again to replace it", e);
        } catch (IOException e) {
            throw IoErrors.failed("read " + file, e);
        }
    }

    private VersionsFile readVersions() throws IOException {
        Optional<VersionsFile> file = VersionsFile.read(path);
        if (file.isEmpty()) {
            List<Long> stored = storedNumbers();
            // Another process creates the file before it adds a version. If there is still none, the list is right.
            file = VersionsFile.read(path);
            if (file.isEmpty() && stored.size() > 1) {
                throw new ChecksummedJson.UnusableException("it is missing, although there are several versions");
            }
            return file.orElseGet(() -> VersionsFile.of(stored, List.of(), stored.isEmpty() ? 0 : stored.getFirst()));
        }
        return file.get();
    }

    /**
     * Returns the versions of the dataset, for a process that holds its lock. If the versions file and its copy are damaged,
     * all versions count as held: none is lost, and each can be published.
     */
    VersionsFile versionsForWriter() throws IOException {
        VersionsFile versions;
        try {
            versions = readVersions();
        } catch (ChecksummedJson.UnusableException _) {
            versions = VersionsFile.of(List.of(), storedNumbers(), max(storedNumbers()));
        }
        // A copy may be older than the file was, and a directory of that name may be anybody's.
        long last = Math.max(versions.last(), max(Leftovers.numbers(path)));
        return VersionsFile.of(versions.published(), versions.held(), last);
    }

    private static long max(List<Long> numbers) {
        return numbers.stream().max(Long::compare).orElse(0L);
    }

    /** Returns false if nothing shows that this directory belongs to the store: it may be anybody's. */
    boolean isStores() throws IOException {
        return Files.exists(path.resolve(VersionsFile.NAME))
                || Files.exists(path.resolve(VersionsFile.COPY))
                || !storedNumbers().isEmpty();
    }

    /** Returns the numbers of the directories that hold a version, listed or not. */
    private List<Long> storedNumbers() throws IOException {
        return Leftovers.numbers(path).stream()
                .filter(number -> Files.exists(version(number).resolve(ManifestFile.NAME)))
                .toList();
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
     * @return the versions of the dataset
     * @throws StoreFailedException if the directory is not the store's
     */
    VersionsFile prepare() throws IOException, StoreFailedException {
        if (!isStores() && Leftovers.hasOthers(path)) {
            throw new StoreFailedException("the directory " + path
                    + " holds other things than versions of a dataset; choose another --data-dir or --dataset");
        }
        disk.createDirectories(path);
        clean();
        // After the cleaning: what is left of other directories than those of the versions is not the store's.
        VersionsFile versions = versionsForWriter();
        if (!Files.exists(path.resolve(VersionsFile.NAME))) {
            replaceVersions(versions);
        }
        return versions;
    }

    /** Turns a complete build into the directory of a version. It is durable when this method returns, and not listed. */
    void complete(long version) throws IOException {
        disk.forceDirectory(building(version));
        disk.rename(building(version), version(version));
        // The entry must be durable before the version is listed.
        disk.forceDirectory(path);
    }

    /**
     * Replaces the versions file. Readers see the change at once, and it is durable when this method returns; if it
     * fails, the file is as before.
     */
    void replaceVersions(VersionsFile next) throws IOException {
        Path file = path.resolve(VersionsFile.NAME);
        byte @Nullable [] previous = Files.exists(file) ? Files.readAllBytes(file) : null;
        disk.replaceFile(file, ChecksummedJson.bytes(next));
        try {
            disk.forceDirectory(path);
        } catch (IOException e) {
            // Readers may have seen the change, but a crash might undo it, so it is withdrawn.
            withdraw(file, previous, e);
            throw e;
        }
        replaceCopy(next);
    }

    /** The change has succeeded already. A copy that cannot be written is removed, so that it cannot undo the change later. */
    private void replaceCopy(VersionsFile next) {
        Path copy = path.resolve(VersionsFile.COPY);
        try {
            disk.replaceFile(copy, ChecksummedJson.bytes(next));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, IoErrors.message("write " + copy, e));
            try {
                disk.delete(copy);
            } catch (IOException undeleted) {
                LOG.log(System.Logger.Level.WARNING, IoErrors.message("delete " + copy, undeleted));
            }
        }
    }

    /**
     * Removes versions from the versions file, and deletes them. If that file cannot be written, for example because the
     * disk is full, they are deleted first, and it is written again. If the process crashes in between, a version is listed
     * that cannot be read, and that can be removed again.
     *
     * @param now the content of the file
     * @param next its new content
     */
    void removeVersions(VersionsFile now, VersionsFile next) throws IOException {
        try {
            replaceVersions(next);
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
            replaceVersions(next);
        }
        cleanOrLog();
    }

    private void withdraw(Path file, byte @Nullable [] previous, IOException failure) {
        try {
            if (previous == null) {
                disk.delete(file);
            } else {
                disk.replaceFile(file, ByteBuffer.wrap(previous));
            }
            disk.forceDirectory(path);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Returns the files that belong to no version. */
    List<Leftovers.LeftoverPath> leftovers() throws IOException {
        return Leftovers.find(this, versionsForWriter());
    }

    /** Removes the files that belong to no version. */
    private void clean() throws IOException {
        for (Leftovers.LeftoverPath leftover : leftovers()) {
            disk.deleteTree(leftover.path());
        }
    }

    /** Removes the files that belong to no version. A failure is only logged: the change that made them so has succeeded. */
    void cleanOrLog() {
        try {
            clean();
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "files that no version needs could not be removed from " + path
                            + "; the next ingest of the dataset removes them, and so does line-server reclaim",
                    e);
        }
    }
}
