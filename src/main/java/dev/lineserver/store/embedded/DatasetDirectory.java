package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the versions of one dataset are: {@code v1}, {@code v2} … beside each other, each a directory that appears
 * complete, by a rename; and {@code building-…}, which readers ignore. Only the holder of the dataset's lock changes
 * anything.
 */
record DatasetDirectory(Path path, Disk disk) {
    static final String LINES = "lines";
    static final String INDEX = "index";
    static final String BLOCKS = "blocks";
    private static final Pattern VERSION = Pattern.compile("v([1-9][0-9]{0,17})");
    private static final String BUILDING = "building-";
    /** Follows the name of the dataset, which has no dot, so that no dataset's leftovers are taken for another's. */
    private static final String DROPPED = ".dropped-";

    Path version(long version) {
        return path.resolve("v" + version);
    }

    Path building(long version) {
        return path.resolve(BUILDING + version);
    }

    OptionalLong newestVersion() throws IOException {
        return Disk.list(path).stream()
                .map(entry -> VERSION.matcher(entry.getFileName().toString()))
                .filter(Matcher::matches)
                .mapToLong(match -> Long.parseLong(match.group(1)))
                .max();
    }

    /** Makes a finished build a version, durably; or leaves it a build. */
    void publish(long version) throws IOException {
        disk.forceDirectory(building(version));
        disk.rename(building(version), version(version));
        try {
            disk.forceDirectory(path);
        } catch (IOException e) {
            disk.rename(version(version), building(version));
            throw e;
        }
    }

    /** Removes all but the newest version. */
    void clean() throws IOException {
        OptionalLong newest = newestVersion();
        for (Path entry : Disk.list(path)) {
            if (newest.isEmpty() || !entry.equals(version(newest.getAsLong()))) {
                disk.deleteTree(entry);
            }
        }
        removeDropped();
    }

    /** Removes the dataset; durably, before its space is given back. */
    void drop() throws IOException {
        disk.rename(path, path.resolveSibling(path.getFileName() + DROPPED + System.nanoTime()));
        disk.forceDirectory(path.resolveSibling(""));
        removeDropped();
    }

    private void removeDropped() throws IOException {
        for (Path entry : Disk.list(path.resolveSibling(""))) {
            if (entry.getFileName().toString().startsWith(path.getFileName() + DROPPED)) {
                disk.deleteTree(entry);
            }
        }
    }
}
