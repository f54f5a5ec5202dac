package dev.lineserver.store;

import java.nio.file.Path;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * What a build is to be made from.
 *
 * @param dataset to add a version to
 * @param sourceName for people: a path, or {@code -} for standard input
 * @param file the plain regular file whose bytes are the content, absolute; null where the content is not a file's own
 *     bytes (standard input, compressed)
 * @param copy whether the store is to keep the bytes itself even where {@code file} could stay in place
 */
public record BuildRequest(
        DatasetName dataset, String sourceName, @Nullable SourceFile file, boolean copy) {

    /**
     * A regular file as it was when reading began.
     *
     * @param path absolute
     * @param size in bytes
     * @param modifiedAt last modification
     */
    public record SourceFile(Path path, long size, Instant modifiedAt) {}
}
