package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.embedded.index.LineIndexWriter;

/**
 * Writes a version into {@code building-…}: the index, and a copy of the lines unless they stay in their source. The
 * commit adds the manifest, renames the directory, and lists the version. Holds the dataset's lock until it is closed.
 *
 * <p>A build that resumes a copy gets the same lines again from the first one on, and writes the index anew.
 */
final class EmbeddedBuild implements Build {
    private static final System.Logger LOG = System.getLogger(EmbeddedBuild.class.getName());

    private final BuildRequest request;
    private final LockedDataset dataset;
    private final DatasetDirectory directory;
    private final VersionsFile versions;
    private final long version;
    private final Disk disk;
    private final FileChannel indexChannel;
    private final LineIndexWriter index;
    /** Null if the lines stay in their source. */
    private final @Nullable CopyProgress copy;

    private final boolean compressed;
    private Checkpoint added = Checkpoint.START;
    private volatile Checkpoint checkpoint;
    /** True if the files of the build are needed, or were removed or renamed already. */
    private boolean complete;
    /** True if the disk has failed. The rest of a copy would not fit it either, and the stored part takes its space. */
    private boolean failed;

    /**
     * @param dataset closed by {@link #close}; the caller closes it if this constructor fails
     * @param versions the versions of the dataset before this one
     * @param unfinished the build that this one resumes; null for a new one
     */
    EmbeddedBuild(BuildRequest request, LockedDataset dataset, VersionsFile versions, @Nullable BuildFile unfinished)
            throws IOException {
        this.request = request;
        this.dataset = dataset;
        directory = dataset.files();
        this.versions = versions;
        version = versions.last() + 1;
        disk = directory.disk();
        Path building = directory.building(version);
        if (unfinished == null) {
            disk.createDirectories(building);
        } else {
            // The build may have ended during its commit.
            disk.delete(building.resolve(DatasetDirectory.INDEX));
            disk.delete(building.resolve(ManifestFile.NAME));
        }
        indexChannel = disk.create(building.resolve(DatasetDirectory.INDEX));
        index = new LineIndexWriter(bytes -> disk.write(indexChannel, bytes));
        try {
            copy = openCopy(building, unfinished);
        } catch (IOException e) {
            indexChannel.close();
            throw e;
        }
        compressed = unfinished == null ? request.compress() : unfinished.compressed();
        checkpoint = resumedFrom();
    }

    private @Nullable CopyProgress openCopy(Path building, @Nullable BuildFile unfinished) throws IOException {
        if (unfinished != null) {
            BuildFile resumed = unfinished.resume();
            disk.replaceFile(building.resolve(BuildFile.NAME), ChecksummedJson.bytes(resumed));
            return CopyProgress.open(disk, building, resumed);
        }
        return request.copy() ? CopyProgress.open(disk, building, BuildFile.begin(request)) : null;
    }

    @Override
    public void readFrom(ContentDigest.Tree blocks) {
        if (copy != null) {
            copy.readFrom(blocks);
        }
    }

    @Override
    public void add(LineBatch batch) throws StoreException, InterruptedException {
        try {
            index.add(batch);
            if (copy != null) {
                copy.add(batch);
            }
        } catch (IOException e) {
            throw failure("write to " + directory.building(version), e);
        }
        added = new Checkpoint(batch.firstLineIndex() + batch.count(), batch.firstByteOffset() + batch.byteCount());
        if (added.lineIndex() > checkpoint.lineIndex()) {
            checkpoint = added;
        }
    }

    /** An interrupt closes the file that the thread writes to: that is no failure of the disk. */
    private StoreException failure(String attempt, IOException e) {
        failed |= !(e instanceof ClosedChannelException);
        return IoErrors.failed(attempt, e);
    }

    @Override
    public Checkpoint resumedFrom() {
        return copy == null ? Checkpoint.START : copy.resumedFrom();
    }

    @Override
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    @Override
    public Manifest commit(Content content, ContentDigest.Tree blocks, List<Manifest.Part> files)
            throws StoreException, InterruptedException {
        if (copy != null) {
            copy.requireVerified();
        }
        if (!added.equals(new Checkpoint(content.lineCount(), content.byteCount()))) {
            throw new StoreFailedException(Quantities.grouped(added.lineIndex()) + " lines with "
                    + Quantities.grouped(added.byteOffset()) + " bytes were added, but the source has "
                    + Quantities.grouped(content.lineCount()) + " lines with "
                    + Quantities.grouped(content.byteCount()) + " bytes; nothing was published");
        }
        Manifest manifest = new Manifest(
                request.dataset(),
                version,
                content,
                request.sourceName(),
                compressed ? ManifestFile.COMPRESSED_LAYOUT : ManifestFile.LAYOUT,
                Instant.now(),
                files);
        Path building = directory.building(version);
        try {
            // Every file is durable before the rename, so a crash leaves either a complete version or a build.
            index.finish();
            disk.force(indexChannel);
            if (copy == null) {
                disk.writeFile(building.resolve(DatasetDirectory.BLOCKS), blocks.leaves());
            } else {
                copy.finish();
            }
            disk.writeFile(
                    building.resolve(ManifestFile.NAME),
                    ChecksummedJson.bytes(new ManifestFile(manifest, request.file(), copy == null)));
            // A signal that arrives now would otherwise take the complete copy with it.
            disk.makeUninterrupted(this::publish);
        } catch (IOException e) {
            throw failure(
                    (request.hold() ? "hold" : "publish") + " version " + version + " of dataset " + request.dataset(),
                    e);
        }
        return manifest;
    }

    private void publish() throws IOException {
        if (copy != null) {
            copy.forget();
        }
        complete = true;
        dataset.complete(version);
        dataset.replaceVersions(
                versions,
                request.hold()
                        ? versions.hold(version)
                        : versions.publish(version, VersionsFile.keep(request.keep(), copy == null)));
    }

    @Override
    public Optional<Checkpoint> suspend() {
        if (copy == null || complete || (failed && copy.isVerified())) {
            return Optional.empty();
        }
        try {
            Optional<Checkpoint> kept = copy.suspend();
            complete = kept.isPresent();
            return kept;
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    IoErrors.message("keep the unfinished copy in " + directory.building(version), e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    /**
     * Removes what the versions file does not list: this build, if it was neither committed nor suspended, or else the
     * versions that are no longer kept. Their snapshots stay readable: they have the index in RAM and the file open.
     */
    @Override
    public void close() {
        // An interrupted thread could neither force a directory nor read one.
        boolean interrupted = Thread.interrupted();
        // The lock is released last, after the removal: resources are closed in reverse order.
        try (dataset) {
            closeFiles();
            interrupted |= Thread.interrupted();
            // Whatever prevents a build from reaching the end of the stored lines is no reason to delete them.
            if (copy != null && !complete && copy.isVerified()) {
                copy.forget();
            }
            dataset.cleanOrLog();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, IoErrors.message("end a build in " + directory.path(), e));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void closeFiles() {
        try (indexChannel;
                @Nullable CopyProgress copied = copy) {
            return;
        } catch (IOException e) {
            // What must be durable was forced before.
            LOG.log(System.Logger.Level.DEBUG, "files of a build could not be closed", e);
        }
    }
}
