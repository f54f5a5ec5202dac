package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Plan.Figure;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.TextShape;
import dev.lineserver.store.embedded.index.LineIndex;

/** What the embedded store needs for a text. */
final class EmbeddedPlan {
    /** Measured on two cores with the file cached: 1 GiB of text is read, split, digested and indexed in under 1 s. */
    private static final long BYTES_PER_SECOND = 1L << 30;

    /** Two longs in the index's directory, and less than one by which its lengths are rounded up. */
    private static final long BYTES_PER_BLOCK = 3L * Long.BYTES;

    private EmbeddedPlan() {}

    static Plan of(TextShape shape, Path directory) throws StoreException {
        long index = indexBytes(shape);
        long copy = shape.copied() ? shape.byteCount() : 0;
        long free;
        try {
            free = Files.getFileStore(existing(directory)).getUsableSpace();
        } catch (IOException e) {
            throw IoErrors.failed("tell how much space is free in " + directory, e);
        }
        List<Figure> figures = List.of(
                new Figure("lines", shape.lineCount(), "lines", "lines in the file"),
                new Figure("bytes", shape.byteCount(), "bytes", "size of the text, unpacked"),
                new Figure("index-ram", index, "bytes", "RAM for the index, at most"),
                new Figure("index-ssd", index, "bytes", "the index on disk, in " + directory),
                new Figure("copy-ssd", copy, "bytes", "a copy there, unless the file stays where it is"),
                new Figure("free-ssd", free, "bytes", "free there now"),
                new Figure("nodes", 1, "nodes", "machines"),
                new Figure(
                        "time", shape.byteCount() / BYTES_PER_SECOND + 1, "seconds", "to ingest, at most, if cached"));
        List<String> obstacles = index + copy <= free
                ? List.of()
                : List.of("it needs " + (index + copy) + " bytes in " + directory + ", where " + free
                        + " are free; free space, or choose another --data-dir");
        return new Plan(figures, obstacles);
    }

    /** The directory itself, or the parent in which it would be created. */
    private static Path existing(Path directory) {
        Path existing = directory;
        while (!Files.exists(existing)) {
            existing = existing.resolveSibling("");
        }
        return existing;
    }

    /**
     * The most that an index takes. All lines of a block take as many bits as its longest one, so each bit of a length is
     * counted once for all lines that may share a block with a line that needs it.
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
