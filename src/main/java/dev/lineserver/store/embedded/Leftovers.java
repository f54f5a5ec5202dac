package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.DatasetName;

/**
 * Finds the files that belong to no version of a dataset. A process that crashed has left them, or one that could not
 * delete a version after it had removed it from the {@link VersionsFile}. Called only while the dataset is locked,
 * because another process could still be writing these files. Files with other names are not the store's, and stay.
 */
final class Leftovers {
    private static final Pattern VERSION = Pattern.compile("v([0-9]{1,18})");
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

    /** Returns the leftovers of a dataset. */
    static List<LeftoverPath> find(DatasetDirectory dataset, VersionsFile listed) throws IOException {
        List<LeftoverPath> found = new ArrayList<>();
        for (Path entry : Disk.list(dataset.path())) {
            add(found, entry, reason(name(entry), listed));
        }
        for (long version : listed.numbers()) {
            for (Path file : Disk.list(dataset.version(version))) {
                add(found, file, name(file).endsWith(Disk.REPLACEMENT) ? "its writer did not finish" : null);
            }
        }
        for (Path entry : Disk.list(dataset.path().resolveSibling(""))) {
            boolean isDropped =
                    datasetOf(entry).filter(dataset.name()::equals).isPresent() && !entry.equals(dataset.path());
            add(found, entry, isDropped ? "its dataset was dropped" : null);
        }
        return found;
    }

    private static void add(List<LeftoverPath> found, Path path, @Nullable String reason) {
        if (reason != null) {
            found.add(new LeftoverPath(path, reason));
        }
    }

    private static @Nullable String reason(String name, VersionsFile listed) {
        if (name.startsWith(DatasetDirectory.BUILDING)) {
            return "its build did not finish";
        }
        if (name.endsWith(Disk.REPLACEMENT)) {
            return "its writer did not finish";
        }
        Matcher version = VERSION.matcher(name);
        return version.matches()
                        && listed.state(Long.parseLong(version.group(1))).isEmpty()
                ? "its version was replaced or dropped, or never listed"
                : null;
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
