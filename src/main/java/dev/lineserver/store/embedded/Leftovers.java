package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.DatasetName;

/**
 * Finds the files that belong to no version of a dataset. A process that crashed has left them, or one that could not
 * delete a version after it had removed it from the {@link VersionsFile}. Called only while the dataset is locked,
 * because another process could still be writing these files.
 *
 * <p>Somebody may have chosen a data directory that holds other things. A file is the store's only if it has one of the
 * store's names, and a directory only if everything in it is. All else stays.
 */
final class Leftovers {
    private static final Pattern VERSION = Pattern.compile("v([1-9][0-9]{0,17})");
    private static final Pattern BUILDING = Pattern.compile(DatasetDirectory.BUILDING + "[0-9]{1,19}");
    private static final Set<String> VERSIONS_FILES = Set.of(VersionsOnDisk.NAME, VersionsOnDisk.COPY);

    /** The files of a version or a build. */
    private static final Set<String> FILES = Set.of(
            ManifestFile.NAME,
            DatasetDirectory.INDEX,
            DatasetDirectory.LINES,
            DatasetDirectory.COMPRESSED_LINES,
            DatasetDirectory.BLOCKS,
            BuildFile.NAME,
            CopyProgress.TABLE);
    /**
     * Follows the name of a dataset that an earlier release was dropping, and precedes a unique number. Names of
     * datasets contain no dot.
     */
    private static final String DROPPED = ".dropped-";

    private Leftovers() {}

    /**
     * A file or directory that belongs to no version.
     *
     * @param reason why no version needs it, as a clause
     */
    record LeftoverPath(Path path, String reason) {}

    static List<LeftoverPath> find(DatasetDirectory dataset, VersionsFile listed) throws IOException {
        List<LeftoverPath> found = new ArrayList<>();
        if (dataset.isStores()) {
            Path building = dataset.building(dataset.next(listed));
            boolean resumable = dataset.unfinished(listed).isPresent();
            for (Path entry : Disk.list(dataset.path())) {
                add(found, entry, resumable && entry.equals(building) ? null : reason(entry, listed));
            }
        }
        for (long version : listed.numbers()) {
            for (Path file : Disk.list(dataset.version(version))) {
                add(found, file, isReplacement(file, FILES) ? "its writer did not finish" : null);
            }
        }
        for (Path entry : Disk.list(dataset.path().resolveSibling(""))) {
            boolean isDropped =
                    datasetOf(entry).filter(dataset.name()::equals).isPresent() && !entry.equals(dataset.path());
            add(found, entry, isDropped && holdsOnlyVersions(entry) ? "its dataset was dropped" : null);
        }
        return found;
    }

    /** Returns true if a directory has entries that no build of a version has left. */
    static boolean hasOthers(Path dataset) throws IOException {
        for (Path entry : Disk.list(dataset)) {
            boolean build = BUILDING.matcher(name(entry)).matches() && isVersion(entry);
            if (!build && !isReplacement(entry, VERSIONS_FILES)) {
                return true;
            }
        }
        return false;
    }

    private static void add(List<LeftoverPath> found, Path path, @Nullable String reason) {
        if (reason != null) {
            found.add(new LeftoverPath(path, reason));
        }
    }

    private static @Nullable String reason(Path entry, VersionsFile listed) throws IOException {
        if (isReplacement(entry, VERSIONS_FILES)) {
            return "its writer did not finish";
        }
        Matcher version = VERSION.matcher(name(entry));
        boolean building = BUILDING.matcher(name(entry)).matches();
        if (!(building || version.matches()) || !isVersion(entry)) {
            return null;
        }
        if (building) {
            return "its build did not finish";
        }
        return listed.state(Long.parseLong(version.group(1))).isEmpty()
                ? "its version was replaced or dropped, or never listed"
                : null;
    }

    /** Returns true for a file that would have replaced one of these names. */
    private static boolean isReplacement(Path file, Set<String> names) {
        String name = name(file);
        return name.endsWith(Disk.REPLACEMENT)
                && names.contains(name.substring(0, name.length() - Disk.REPLACEMENT.length()))
                && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    }

    /** Returns true for a directory that has no other entries than the files of a version. */
    static boolean isVersion(Path directory) throws IOException {
        return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                && Disk.list(directory).stream()
                        .allMatch(file -> isReplacement(file, FILES)
                                || (FILES.contains(name(file))
                                        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)));
    }

    /** Returns true for the directory of a dataset in which nothing but versions is left. */
    private static boolean holdsOnlyVersions(Path dataset) throws IOException {
        for (Path entry : Disk.list(dataset)) {
            boolean named = VERSION.matcher(name(entry)).matches()
                    || BUILDING.matcher(name(entry)).matches();
            if (!named || !isVersion(entry)) {
                return false;
            }
        }
        return Files.isDirectory(dataset, LinkOption.NOFOLLOW_LINKS);
    }

    static boolean isNamedLikeVersion(Path entry) {
        return VERSION.matcher(name(entry)).matches();
    }

    /** Returns the numbers of the entries of a dataset's directory that are named like versions. */
    static List<Long> numbers(Path dataset) throws IOException {
        return Disk.list(dataset).stream()
                .map(entry -> VERSION.matcher(name(entry)))
                .filter(Matcher::matches)
                .map(match -> Long.valueOf(match.group(1)))
                .toList();
    }

    /** Returns the dataset to which an entry of the data directory belongs; empty if it belongs to none. */
    static Optional<DatasetName> datasetOf(Path entry) {
        String name = name(entry);
        int dropped = name.indexOf(DROPPED);
        String dataset = dropped < 0 ? name : name.substring(0, dropped);
        return DatasetName.isValid(dataset) ? Optional.of(new DatasetName(dataset)) : Optional.empty();
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }
}
