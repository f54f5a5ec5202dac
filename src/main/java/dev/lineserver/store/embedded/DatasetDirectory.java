package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.RegularFile;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.embedded.index.LineIndex;
import dev.lineserver.store.embedded.index.LineIndexFile;

/**
 * The directory of one dataset. Its {@link VersionsFile} lists the versions; each has a directory {@code v1}, {@code v2}
 * …. At most one {@code building-…} is a version being written. Readers need no lock, and look only at the versions
 * that the file lists. {@link LockedDataset} makes the changes.
 *
 * @param path the directory; its name is the name of the dataset
 * @param disk makes all changes
 */
record DatasetDirectory(Path path, Disk disk) {
    static final String LINES = "lines";
    static final String COMPRESSED_LINES = "lines.zst";
    static final String INDEX = "index";
    static final String BLOCKS = "blocks";
    static final String BUILDING = "building-";

    Path version(long version) {
        return path.resolve("v" + version);
    }

    /** Returns the directory of a version while it is being written. */
    Path building(long version) {
        return path.resolve(BUILDING + version);
    }

    VersionsOnDisk list() {
        return new VersionsOnDisk(path, disk);
    }

    /** Returns the number of the next version: the lowest one that was never given, and is no name of somebody's directory. */
    long next(VersionsFile versions) throws IOException {
        return versions.withLast(VersionsOnDisk.max(Leftovers.numbers(path))).last() + 1;
    }

    /**
     * Returns the build that can be resumed, or is in progress and can be resumed if its process ends.
     *
     * @throws ChecksummedJson.OtherLayoutException if a newer release has begun it
     */
    Optional<BuildFile> unfinished(VersionsFile versions) throws IOException {
        try {
            BuildFile build = BuildFile.read(building(next(versions)).resolve(BuildFile.NAME));
            return Optional.of(build).filter(BuildFile::isKept);
        } catch (NoSuchFileException | NotDirectoryException | ChecksummedJson.UnusableException _) {
            return Optional.empty();
        }
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
    LineIndex index(ManifestFile version) throws StoreException {
        Manifest manifest = version.manifest();
        Path file = version(manifest.version()).resolve(INDEX);
        // The blocks that the cache will hold are reserved, too: an index that is loaded later must not count on their
        // room.
        long blocks = version.hasCompressedCopy()
                ? SeekTable.heapBytes(manifest.byteCount()) + BlockCache.maxBytes()
                : BlockDigests.bytes(manifest.content());
        try {
            RegularFile.require(file);
            long virtualTerminator = manifest.content().terminated() ? 0 : 1;
            LineIndex index = HeapRoom.OF_PROCESS.allocate(
                    Files.size(file) + blocks,
                    "the index of " + describe(manifest.version()),
                    () -> LineIndexFile.allocate(file, manifest.lineCount(), manifest.byteCount() + virtualTerminator));
            LineIndexFile.fill(file, index);
            return index;
        } catch (IOException e) {
            throw unusable(manifest.version(), file, manifest.sourceName(), e);
        }
    }

    /** Opens the file that holds the lines of a version. */
    LinesFile lines(ManifestFile file, BlockCache cache) throws StoreException {
        Manifest manifest = file.manifest();
        Path directory = version(manifest.version());
        if (file.hasCompressedCopy()) {
            return compressedLines(manifest, directory.resolve(COMPRESSED_LINES), cache);
        }
        Path blocks = directory.resolve(BLOCKS);
        SourceFile source = file.source();
        if (source == null || !file.inPlace()) {
            return LinesFile.open(manifest, directory.resolve(LINES), null, null, null);
        }
        try {
            return LinesFile.open(
                    manifest, source.path(), source.stamp(), BlockDigests.read(blocks, manifest.content()), null);
        } catch (IOException e) {
            throw unusable(manifest.version(), blocks, manifest.sourceName(), e);
        }
    }

    private LinesFile compressedLines(Manifest manifest, Path file, BlockCache cache) throws StoreException {
        try {
            SeekTable.Blocks table = SeekTable.read(file, manifest.byteCount());
            return LinesFile.open(manifest, file, null, null, new CompressedBlocks(table, manifest.byteCount(), cache));
        } catch (IOException e) {
            throw unusable(manifest.version(), file, manifest.sourceName(), e);
        }
    }

    /**
     * Checks that a version has its index, and its copy of the lines or the digests of the source. Takes microseconds;
     * {@link #index} and lookups detect damage within these files.
     */
    void requireFiles(ManifestFile version) throws StoreFailedException {
        Manifest manifest = version.manifest();
        for (String name : version.inPlace() ? List.of(INDEX, BLOCKS) : List.of(INDEX)) {
            Path file = version(manifest.version()).resolve(name);
            if (!Files.exists(file)) {
                throw failed(file, manifest.sourceName(), new IOException("it does not exist"));
            }
        }
        if (!version.inPlace()) {
            try (LinesFile _ = lines(version, new BlockCache(0))) {
                return;
            } catch (StoreFailedException e) {
                throw e;
            } catch (StoreException e) {
                throw new StoreFailedException(String.valueOf(e.getMessage()), e);
            }
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

    /**
     * Makes the list of versions durable, before it is reported to a user that a version is current. A process that was
     * killed may have replaced the list without forcing the directory. Does nothing without permission to write.
     */
    void forceIfWritable() throws IOException {
        if (Files.isWritable(path)) {
            disk.forceDirectory(path);
        }
    }

    Path dataDirectory() {
        return path.resolveSibling("");
    }

    DatasetName name() {
        return new DatasetName(path.getFileName().toString());
    }

    private String describe(long version) {
        return "dataset " + name() + " version " + version;
    }

    /** Returns the files that belong to no version. */
    List<Leftovers.LeftoverPath> leftovers() throws IOException {
        return leftovers(list().find());
    }

    List<Leftovers.LeftoverPath> leftovers(VersionsOnDisk.FoundVersions found) throws IOException {
        List<Leftovers.LeftoverPath> leftovers = Leftovers.find(this, found.versions());
        // If the list is lost, the directory of a version may be all that shows that its number was given.
        return found.isKnown()
                ? leftovers
                : leftovers.stream()
                        .filter(leftover -> !Leftovers.isNamedLikeVersion(leftover.path()))
                        .toList();
    }
}
