package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Plan.Figure;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.TextShape;
import dev.lineserver.store.embedded.index.LineIndex;

/** Calculates the resources that a text needs in the embedded store. */
final class EmbeddedPlan {
    /** Rate of an ingest. On two cores, with the file cached, it takes less than 1 s for 1 GiB of text. */
    private static final long BYTES_PER_SECOND = 1L << 30;

    /** The kernel reads whole pages. A line that begins anywhere in a page occupies one page more but a byte. */
    private static final long PAGE_BYTES = 4096;

    /** Upper bound per block of the index: two longs of its directory, and padding of its lengths to whole longs. */
    private static final long BYTES_PER_BLOCK = 3L * Long.BYTES;

    private EmbeddedPlan() {}

    /** @param keep number of published versions that stay stored; 0 for the default */
    static Plan of(TextShape shape, int keep, Path directory) throws StoreException {
        long versions = VersionsFile.keep(keep, !shape.copied());
        long index = indexBytes(shape);
        long copy = shape.copied() ? shape.storedBytes() : 0;
        long free;
        try {
            free = Files.getFileStore(existing(directory)).getUsableSpace();
        } catch (IOException e) {
            throw IoErrors.failed("tell how much space is free in " + directory, e);
        }
        List<Figure> figures = List.of(
                new Figure("lines", shape.lineCount(), "lines", "lines in the file"),
                new Figure("bytes", shape.byteCount(), "bytes", "size of the text, unpacked"),
                new Figure("versions", versions, "versions", "stay stored, if all are of this size"),
                new Figure("index-ram", index, "bytes", "RAM for the index, at most"),
                new Figure(
                        "kept-index-ram",
                        (versions - 1) * index,
                        "bytes",
                        "more RAM while requests read all older versions, at most"),
                new Figure("index-ssd", versions * index, "bytes", "the indexes on disk, in " + directory),
                new Figure(
                        "copy-ssd",
                        versions * copy,
                        "bytes",
                        "copies of the text there, unless it stays in place; about, if they are compressed"),
                new Figure("free-ssd", free, "bytes", "free space there now"),
                new Figure("nodes", 1, "nodes", "machines"),
                new Figure(
                        "time",
                        shape.byteCount() / BYTES_PER_SECOND + 1,
                        "seconds",
                        "to ingest, at most, if the file is cached"),
                new Figure(
                        "read",
                        shape.byteCount() / Math.max(1, shape.lineCount()) + PAGE_BYTES - 1,
                        "bytes",
                        "read from the device for one line, on average, if it is not cached"));
        List<String> obstacles = index + copy <= free
                ? List.of()
                : List.of("it needs " + Quantities.grouped(index + copy) + " bytes in " + directory + ", where "
                        + Quantities.grouped(free)
                        + " are free; free space, or choose another --data-dir");
        return new Plan(figures, List.of(), obstacles);
    }

    /** Returns the directory itself, or its closest ancestor that exists. */
    private static Path existing(Path directory) {
        Path existing = directory;
        while (!Files.exists(existing)) {
            existing = existing.resolveSibling("");
        }
        return existing;
    }

    /**
     * Returns an upper bound of the size of the index. Each line of a block takes as many bits as the longest line of
     * the block. So for each number of bits, this sum counts one bit for every line that may share a block with a line
     * that needs that many: at most {@link LineIndex#BLOCK_LINES} lines for each such line, and at most all lines.
     */
    private static long indexBytes(TextShape shape) {
        long[] lines = shape.linesByLength();
        long bits = 0;
        for (long length = 1; length == 1 || length <= shape.longestLine(); length *= 2) {
            int step = (int) Math.min(length / TextShape.LENGTH_STEP, lines.length - 1);
            long longer = Arrays.stream(lines, step, lines.length).sum();
            bits += Math.min(shape.lineCount(), longer * LineIndex.BLOCK_LINES);
        }
        return bits / Byte.SIZE + (shape.lineCount() / LineIndex.BLOCK_LINES + 2) * BYTES_PER_BLOCK;
    }
}
