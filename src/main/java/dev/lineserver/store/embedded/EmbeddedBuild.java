package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

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
    private final @Nullable FileChannel copy;
    private final @Nullable CompressedCopy compressed;
    private volatile Checkpoint checkpoint = new Checkpoint(0, 0);

    /**
     * @param dataset closed by {@link #close}; the caller closes it if this constructor fails
     * @param versions the versions of the dataset before this one
     */
    EmbeddedBuild(BuildRequest request, LockedDataset dataset, VersionsFile versions) throws IOException {
        this.request = request;
        this.dataset = dataset;
        directory = dataset.files();
        this.versions = versions;
        version = versions.last() + 1;
        disk = directory.disk();
        Path building = directory.building(version);
        disk.createDirectories(building);
        indexChannel = disk.create(building.resolve(DatasetDirectory.INDEX));
        index = new LineIndexWriter(bytes -> disk.write(indexChannel, bytes));
        try {
            String name = request.compress() ? DatasetDirectory.COMPRESSED_LINES : DatasetDirectory.LINES;
            copy = request.copy() ? disk.create(building.resolve(name)) : null;
        } catch (IOException e) {
            indexChannel.close();
            throw e;
        }
        compressed = copy != null && request.compress() ? new CompressedCopy(bytes -> disk.write(copy, bytes)) : null;
    }

    @Override
    public void add(LineBatch batch) throws StoreException, InterruptedException {
        try {
            index.add(batch);
            if (compressed != null) {
                compressed.add(batch.bytes(), batch.start(0), batch.byteCount());
            } else if (copy != null) {
                disk.write(copy, ByteBuffer.wrap(batch.bytes(), batch.start(0), batch.byteCount()));
            }
        } catch (IOException e) {
            throw IoErrors.failed("write to " + directory.building(version), e);
        }
        checkpoint =
                new Checkpoint(batch.firstLineIndex() + batch.count(), batch.firstByteOffset() + batch.byteCount());
    }

    @Override
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    @Override
    public Manifest commit(Content content, ContentDigest.Tree blocks, List<Manifest.Part> files)
            throws StoreException, InterruptedException {
        if (!checkpoint.equals(new Checkpoint(content.lineCount(), content.byteCount()))) {
            throw new StoreFailedException(Quantities.grouped(checkpoint.lineIndex()) + " lines with "
                    + Quantities.grouped(checkpoint.byteOffset()) + " bytes were added, but the source has "
                    + Quantities.grouped(content.lineCount()) + " lines with "
                    + Quantities.grouped(content.byteCount()) + " bytes; nothing was published");
        }
        Manifest manifest = new Manifest(
                request.dataset(),
                version,
                content,
                request.sourceName(),
                compressed == null ? ManifestFile.LAYOUT : ManifestFile.COMPRESSED_LAYOUT,
                Instant.now(),
                files);
        Path building = directory.building(version);
        try {
            // Every file is durable before the rename, so a crash leaves either a complete version or a build.
            index.finish();
            disk.force(indexChannel);
            if (compressed != null) {
                compressed.finish();
            }
            if (copy == null) {
                disk.writeFile(building.resolve(DatasetDirectory.BLOCKS), blocks.leaves());
            } else {
                disk.force(copy);
            }
            disk.writeFile(
                    building.resolve(ManifestFile.NAME),
                    ChecksummedJson.bytes(new ManifestFile(manifest, request.file(), copy == null)));
            dataset.complete(version);
            dataset.replaceVersions(
                    versions,
                    request.hold()
                            ? versions.hold(version)
                            : versions.publish(version, VersionsFile.keep(request.keep(), copy == null)));
        } catch (IOException e) {
            throw IoErrors.failed(
                    (request.hold() ? "hold" : "publish") + " version " + version + " of dataset " + request.dataset(),
                    e);
        }
        return manifest;
    }

    /**
     * Removes what the versions file does not list: this build, if it was not committed, or else the versions that are no
     * longer kept. Their snapshots stay readable: they have the index in RAM and the file open.
     */
    @Override
    public void close() {
        try (dataset;
                indexChannel;
                @Nullable FileChannel copyChannel = copy;
                @Nullable CompressedCopy compressors = compressed) {
            // The lock is released last, after the removal: resources are closed in reverse order.
            dataset.cleanOrLog();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "files of a build could not be closed", e);
        }
    }
}
