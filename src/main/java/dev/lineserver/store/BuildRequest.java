package dev.lineserver.store;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * The source of a build.
 *
 * @param dataset to add a version to
 * @param sourceName for people: a path, or {@code -} for standard input
 * @param file the regular file that the content comes from, plain or compressed; null if it comes from none
 * @param copy true if the store must keep the bytes itself; always so if they are not {@code file}'s own
 */
public record BuildRequest(
        DatasetName dataset, String sourceName, @Nullable SourceFile file, boolean copy) {
    /** Bytes that are in no file cannot stay in one. */
    public BuildRequest {
        copy |= file == null;
    }

    /**
     * A regular file as it was when reading began.
     *
     * @param path absolute
     * @param stamp tells whether the file is untouched
     */
    public record SourceFile(Path path, FileStamp stamp) {}
}
