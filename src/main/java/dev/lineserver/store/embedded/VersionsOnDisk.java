package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The list of a dataset's versions on disk: the file {@code versions}, and its copy for the case that the file is lost
 * or damaged. A change replaces the copy before the file:
 *
 * <pre>
 * step                     file     copy     readers see
 *                          before   before   the versions before
 * replace the copy         before   after    the versions before
 * force the directory      before   after    the versions before
 * replace the file         after    after    the versions after
 * force the directory      after    after    the versions after, and the change is complete
 * </pre>
 *
 * <p>The caller makes a version durable before it lists the version, and deletes one only when neither the file nor the
 * copy lists it. So each of them lists complete versions at any moment, and a crash and the loss of either lose no version.
 * The copy contains the number of a version before any reader can see that version. So the higher one of the two last
 * numbers was given, even if a power cut has undone the replacement of the file.
 *
 * <p>If a process has crashed between the steps, the file and its copy may differ. {@link #settle} makes them equal before
 * anything is deleted. If they are equal, the last step may still be missing, so the directory is forced as well.
 * Only a process that holds the {@link DatasetLock} changes them; {@link #read} needs no lock.
 *
 * @param dataset the directory of the dataset
 * @param disk makes all changes
 */
record VersionsOnDisk(Path dataset, Disk disk) {
    static final String NAME = "versions";
    static final String COPY = "versions.copy";

    /**
     * What a writer finds.
     *
     * @param versions the versions; all complete ones as held if neither the file nor the copy can be used
     * @param isKnown false if neither can be used
     * @param isSettled true if both contain {@link #versions}
     */
    record FoundVersions(VersionsFile versions, boolean isKnown, boolean isSettled) {}

    /** Returns true if there is a file or a copy, whatever it contains. */
    boolean exist() {
        return Files.exists(dataset.resolve(NAME)) || Files.exists(dataset.resolve(COPY));
    }

    /** Returns true if the directory contains the file and the copy, and nothing else. */
    boolean areAlone() throws IOException {
        return Disk.list(dataset).stream().allMatch(entry -> entry.endsWith(NAME) || entry.endsWith(COPY));
    }

    /**
     * Returns the versions that readers see: those of the file, or of the copy if the file is damaged or missing. Earlier
     * releases wrote neither, and had one version.
     *
     * @throws ChecksummedJson.UnusableException if neither can be used
     * @throws ChecksummedJson.OtherLayoutException if the file, or the copy that stands in for it, has another layout
     */
    VersionsFile read() throws IOException {
        Optional<VersionsFile> listed = readFiles();
        if (listed.isEmpty()) {
            List<Long> stored = storedNumbers();
            // Another process creates the files before it adds a version. If there are still none, the list is right.
            listed = readFiles();
            if (listed.isEmpty() && stored.size() > 1) {
                throw new ChecksummedJson.UnusableException("it is missing, although there are several versions");
            }
            return listed.orElseGet(() -> VersionsFile.of(stored, List.of(), max(stored)));
        }
        return listed.get();
    }

    private Optional<VersionsFile> readFiles() throws IOException {
        ChecksummedJson.UnusableException damage = null;
        for (String name : List.of(NAME, COPY)) {
            try {
                return Optional.of(VersionsFile.read(dataset.resolve(name)));
            } catch (ChecksummedJson.UnusableException e) {
                damage = damage == null ? e : damage;
            } catch (NoSuchFileException _) {
                // Then the other one, if it exists.
            }
        }
        if (damage != null) {
            throw damage;
        }
        return Optional.empty();
    }

    /**
     * Finds the versions for a process that holds the lock. The file is right unless it is damaged or missing.
     *
     * @throws ChecksummedJson.OtherLayoutException if the file or the copy has another layout: a newer release wrote it
     */
    FoundVersions find() throws IOException {
        Optional<VersionsFile> file = readIfUsable(NAME);
        Optional<VersionsFile> copy = readIfUsable(COPY);
        long last = Stream.concat(file.stream(), copy.stream())
                .mapToLong(VersionsFile::last)
                .max()
                .orElse(0);
        if (file.isPresent() && copy.isPresent()) {
            VersionsFile versions = file.get().withLast(last);
            return new FoundVersions(versions, true, file.get().equals(versions) && file.equals(copy));
        }
        // Then a number may have been given that the other one does not contain. Its directory still shows it.
        long lastSeen = Math.max(last, max(Leftovers.numbers(dataset)));
        if (file.isPresent()) {
            return new FoundVersions(file.get().withLast(lastSeen), true, false);
        }
        if (copy.isPresent()) {
            // The copy may be older than the file was, for example if it comes from a backup. Then a complete version
            // with a higher number may have been published.
            List<Long> newer =
                    storedNumbers().stream().filter(number -> number > last).toList();
            return new FoundVersions(copy.get().withHeld(newer).withLast(lastSeen), true, false);
        }
        try {
            return new FoundVersions(read().withLast(lastSeen), true, false);
        } catch (ChecksummedJson.UnusableException _) {
            return new FoundVersions(VersionsFile.of(List.of(), storedNumbers(), lastSeen), false, false);
        }
    }

    private Optional<VersionsFile> readIfUsable(String name) throws IOException {
        try {
            return Optional.of(VersionsFile.read(dataset.resolve(name)));
        } catch (NoSuchFileException | ChecksummedJson.UnusableException _) {
            return Optional.empty();
        }
    }

    /**
     * Makes the file and its copy equal, and creates them if this is a new dataset. If neither can be used, they stay as
     * they are until the next change: readers are refused, instead of seeing a dataset without a current version.
     */
    FoundVersions settle() throws IOException {
        FoundVersions found = find();
        if (found.isKnown && !found.isSettled) {
            replace(found.versions, found.versions);
            return new FoundVersions(found.versions, true, true);
        }
        return found;
    }

    /**
     * Replaces the versions. Readers see the change at once, and it is durable when this method returns; if it fails,
     * they are as before, except that the numbers of {@code next} are not given again.
     *
     * @param now the versions before
     */
    void replace(VersionsFile now, VersionsFile next) throws IOException {
        disk.replaceFile(dataset.resolve(COPY), ChecksummedJson.bytes(next));
        try {
            disk.forceDirectory(dataset);
            disk.replaceFile(dataset.resolve(NAME), ChecksummedJson.bytes(next));
            disk.forceDirectory(dataset);
        } catch (IOException e) {
            // Readers may have seen the change, but a crash might undo it, so it is withdrawn.
            withdraw(now.withLast(next.last()), e);
            throw e;
        }
    }

    private void withdraw(VersionsFile now, IOException failure) {
        try {
            for (String name : List.of(NAME, COPY)) {
                disk.replaceFile(dataset.resolve(name), ChecksummedJson.bytes(now));
                disk.forceDirectory(dataset);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** Returns the numbers of the directories that hold a complete version, listed or not. */
    List<Long> storedNumbers() throws IOException {
        return Leftovers.numbers(dataset).stream()
                .filter(number -> Files.exists(dataset.resolve("v" + number).resolve(ManifestFile.NAME)))
                .toList();
    }

    static long max(List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).max().orElse(0);
    }
}
