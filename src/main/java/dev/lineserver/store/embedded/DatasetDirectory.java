package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.lineserver.store.DatasetName;

/**
 * Where the versions of one dataset are: {@code v1}, {@code v2} … beside each other, each a directory that appears
 * whole, by a rename; and {@code building-…}, which readers do not look into.
 */
record DatasetDirectory(Path path, Disk disk) {
    static final String LINES = "lines";
    static final String INDEX = "index";
    private static final String BUILDING = "building-";
    private static final Pattern VERSION = Pattern.compile("v([1-9][0-9]{0,17})");

    static DatasetDirectory of(Path dataDirectory, DatasetName dataset, Disk disk) {
        return new DatasetDirectory(dataDirectory.resolve(dataset.value()), disk);
    }

    Path version(long version) {
        return path.resolve("v" + version);
    }

    Path building(long version) {
        return path.resolve(BUILDING + version);
    }

    OptionalLong newestVersion() throws IOException {
        return entries().stream()
                .map(entry -> VERSION.matcher(entry.getFileName().toString()))
                .filter(java.util.regex.Matcher::matches)
                .mapToLong(match -> Long.parseLong(match.group(1)))
                .max();
    }

    /** Makes a finished build a version. */
    void publish(long version) throws IOException {
        disk.forceDirectory(building(version));
        disk.rename(building(version), version(version));
        disk.forceDirectory(path);
    }

    /** Removes all but the newest version. To be called by whoever holds the dataset's lock. */
    void clean() throws IOException {
        OptionalLong newest = newestVersion();
        for (Path entry : entries()) {
            if (newest.isEmpty() || !entry.equals(version(newest.getAsLong()))) {
                disk.deleteTree(entry);
            }
        }
    }

    private List<Path> entries() throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(path)) {
            return entries.toList();
        }
    }
}
