package dev.lineserver.store;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * Describes the source of a build to the store.
 *
 * @param dataset the dataset that receives the version
 * @param sourceName for display: a path, or {@code -} for standard input
 * @param file the regular file that the content comes from, plain or compressed; null for a pipe or stream
 * @param copy true if the store must keep the bytes itself; always true if {@code file} is null, or does not hold the
 *     content byte for byte because it is compressed
 * @param keep number of published versions, this one included, that stay stored when this one is published: those that
 *     were published last; 0 for the store's default
 * @param hold true to store the version without publishing it
 * @param linesPerRecord number of consecutive lines that are stored together; a build that is resumed keeps its own number
 * @param compress true to store the lines compressed; implies {@code copy}. A build that is resumed keeps its own form
 * @param resume true to continue an unfinished build of the dataset, if there is one; false to refuse the request then
 */
public record BuildRequest(
        DatasetName dataset,
        String sourceName,
        @Nullable SourceFile file,
        boolean copy,
        int keep,
        boolean hold,
        LinesPerRecord linesPerRecord,
        boolean compress,
        boolean resume) {
    /** Sets {@code copy} if the lines cannot stay in a file. */
    public BuildRequest {
        copy |= file == null || compress;
        if (keep < 0) {
            throw new IllegalArgumentException("keep is " + keep);
        }
    }

    /** Returns the size of the source in bytes, before unpacking; negative if unknown. */
    public long sourceSize() {
        return file == null ? -1 : file.stamp().size();
    }

    /**
     * A regular file, and its state when reading began.
     *
     * @param path the absolute path
     * @param stamp the state, with which later changes are detected
     */
    public record SourceFile(Path path, FileStamp stamp) {
        /** @throws IllegalArgumentException if the path is not absolute, as in a damaged manifest */
        public SourceFile {
            if (!path.isAbsolute()) {
                throw new IllegalArgumentException("the path of the source is not absolute");
            }
        }
    }
}
