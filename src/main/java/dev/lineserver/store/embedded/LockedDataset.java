package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.embedded.index.LineIndex;

/**
 * A dataset that this process has locked, and may therefore change. No other process changes it before this is closed.
 *
 * <p>A version is published, held or removed by replacing the {@link VersionsFile}. Its directory is complete and durable
 * before the file lists it, and is deleted after the file has ceased to list it, so whatever the file lists is whole at
 * any moment.
 *
 * @param files the directory of the dataset
 * @param lock the lock of the dataset
 */
record LockedDataset(DatasetDirectory files, DatasetLock lock) implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(LockedDataset.class.getName());

    /**
     * Locks a dataset, without waiting.
     *
     * @param purpose verb and object, for the message that another writer receives
     * @throws StoreFailedException if another thread or process holds the lock; the message names the owner
     */
    static LockedDataset acquire(DatasetDirectory files, String purpose) throws IOException, StoreFailedException {
        return new LockedDataset(files, DatasetLock.acquire(files.dataDirectory(), files.name(), purpose, true));
    }

    /** Locks a dataset only to look for its leftovers, without permission to write. */
    static LockedDataset acquireWithoutWriting(DatasetDirectory files, String purpose)
            throws IOException, StoreFailedException {
        return new LockedDataset(files, DatasetLock.acquire(files.dataDirectory(), files.name(), purpose, false));
    }

    /**
     * Prepares a build: removes leftovers, and creates the versions file if there is none, so that readers do not take
     * the new version for the current one before it is listed.
     *
     * @return the versions of the dataset; the next number is free
     * @throws StoreFailedException if the directory is not the store's
     */
    VersionsFile prepare() throws IOException, StoreFailedException {
        if (!files.isStores() && Leftovers.hasOthers(files.path())) {
            throw new StoreFailedException("the directory " + files.path()
                    + " holds other things than versions of a dataset; choose another --data-dir or --dataset");
        }
        requireOwnBuild(files.list().find().versions());
        files.disk().createDirectories(files.path());
        // Makes the directory the store's.
        VersionsOnDisk.FoundVersions _ = files.list().settle();
        VersionsFile versions = clean();
        // What is left of other directories than those of the versions is not the store's, and keeps its name.
        return versions.withLast(files.next(versions) - 1);
    }

    /** Fails if somebody has put files into the directory of the unfinished build: the store could not remove it. */
    private void requireOwnBuild(VersionsFile versions) throws IOException, StoreFailedException {
        Path building = files.building(files.next(versions));
        if (Files.exists(building, LinkOption.NOFOLLOW_LINKS) && !Leftovers.isVersion(building)) {
            throw new StoreFailedException(
                    building + " holds other things than an unfinished version; remove these, or all of it");
        }
    }

    /** Turns a complete build into the directory of a version. It is durable when this method returns, and not listed. */
    void complete(long version) throws IOException {
        files.disk().forceDirectory(files.building(version));
        files.disk().rename(files.building(version), files.version(version));
        // The entry must be durable before the version is listed.
        files.disk().forceDirectory(files.path());
    }

    /** Replaces the versions, as {@link VersionsOnDisk#replace} describes. */
    void replaceVersions(VersionsFile now, VersionsFile next) throws IOException {
        files.list().replace(now, next);
    }

    /**
     * Makes a version current, if it is not, and deletes the versions that are not kept.
     *
     * @return its manifest
     */
    Manifest publish(long version, int keep) throws IOException, StoreException {
        VersionsFile versions = files.list().find().versions();
        StoredVersion.State state = requireListed(version, versions);
        ManifestFile file = files.manifest(version);
        if (state == StoredVersion.State.CURRENT) {
            files.forceIfWritable();
        } else {
            requireUsable(file);
            replaceVersions(versions, versions.publish(version, VersionsFile.keep(keep, file.inPlace())));
            cleanOrLog();
        }
        return file.manifest();
    }

    /** Checks that the lines of a version can still be read: its source may have been changed since. */
    private void requireUsable(ManifestFile file) throws StoreException {
        files.requireFiles(file);
        LineIndex _ = files.index(file);
        try (LinesFile lines = files.lines(file, new BlockCache(0))) {
            lines.check();
        }
    }

    /**
     * Removes the unfinished build.
     *
     * @return false if there is none
     */
    boolean discardBuild() throws IOException, StoreFailedException {
        VersionsFile versions = files.list().find().versions();
        boolean existed = files.unfinished(versions).isPresent();
        if (existed) {
            requireOwnBuild(versions);
            Path building = files.building(files.next(versions));
            files.disk().delete(building.resolve(BuildFile.NAME));
            // First: a power cut must not leave it without the other files.
            files.disk().forceDirectory(building);
            cleanOrLog();
        }
        return existed;
    }

    /**
     * Removes all versions, and the unfinished build.
     *
     * @return false if there were none
     */
    boolean drop() throws IOException, StoreFailedException {
        boolean existed = discardBuild();
        VersionsFile versions = files.list().find().versions();
        if (!versions.numbers().isEmpty()) {
            existed = true;
            removeVersions(versions, VersionsFile.of(List.of(), List.of(), versions.last()));
        } else {
            // A process that was killed may have replaced the list, and have neither forced it nor deleted the
            // versions.
            cleanOrLog();
        }
        return existed;
    }

    /** Removes a version that is not current. */
    void drop(long version) throws IOException, StoreFailedException {
        VersionsFile versions = files.list().find().versions();
        if (requireListed(version, versions) == StoredVersion.State.CURRENT) {
            throw new StoreFailedException("version " + version + " of dataset " + files.name()
                    + " is current: publish another version first, or drop the whole dataset");
        }
        removeVersions(versions, versions.without(version));
    }

    private StoredVersion.State requireListed(long version, VersionsFile versions) throws StoreFailedException {
        return versions.state(version)
                .orElseThrow(() -> new StoreFailedException("dataset " + files.name() + " has no version " + version
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
                    files.disk().deleteTree(files.version(number));
                }
            }
            replaceVersions(now, next);
        }
        cleanOrLog();
    }

    /**
     * Removes the files that belong to no version. First makes the versions file and its copy equal, because both must
     * have ceased to list a version, durably, before its files are deleted.
     *
     * @return the versions of the dataset
     */
    private VersionsFile clean() throws IOException {
        VersionsOnDisk.FoundVersions found =
                files.isStores() ? files.list().settle() : files.list().find();
        List<Leftovers.LeftoverPath> leftovers = files.leftovers(found);
        if (!leftovers.isEmpty() && Files.isDirectory(files.path())) {
            // A process that was stopped may have replaced the list without forcing the directory. A power cut would
            // then list again what is deleted here.
            files.disk().forceDirectory(files.path());
        }
        for (Leftovers.LeftoverPath leftover : leftovers) {
            files.disk().deleteTree(leftover.path());
        }
        return found.versions();
    }

    /**
     * Removes the directory of a dataset that has never had a version, such as a failed first ingest leaves. The lock file
     * stays: another process may have opened it, and would lock a file that nobody else can find.
     */
    private void removeIfUnused() throws IOException {
        VersionsOnDisk.FoundVersions found = files.list().find();
        if (found.isSettled() && found.versions().last() == 0 && files.list().areAlone()) {
            files.disk().deleteTree(files.path());
        }
    }

    /**
     * Removes the files that belong to no version.
     *
     * @param dryRun true to return them only
     * @return them, with their sizes
     */
    List<Leftover> reclaim(boolean dryRun) throws IOException {
        List<Leftover> found = new ArrayList<>();
        for (Leftovers.LeftoverPath leftover : files.leftovers()) {
            String name = files.dataDirectory().relativize(leftover.path()).toString();
            found.add(new Leftover(name, leftover.reason(), Disk.size(leftover.path()), "bytes"));
        }
        if (!dryRun) {
            VersionsFile _ = clean();
            removeIfUnused();
        }
        return found;
    }

    /** Removes the files that belong to no version. A failure is only logged: the change that made them so has succeeded. */
    void cleanOrLog() {
        // An interrupted thread could neither read the list nor force it.
        boolean interrupted = Thread.interrupted();
        try {
            VersionsFile _ = clean();
            removeIfUnused();
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    IoErrors.message("remove the files that no version needs from " + files.path(), e)
                            + "; the next ingest of the dataset removes them, and so does line-server reclaim");
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
