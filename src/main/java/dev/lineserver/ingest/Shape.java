package dev.lineserver.ingest;

import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Content;
import dev.lineserver.store.TextShape;

/** Counts the lines of a source by their length, without storing them. */
public final class Shape {
    /** Number of entries; the last counts all lines of 64 KiB and more. */
    private static final int STEPS = 4096;

    private final long[] linesByLength = new long[STEPS];
    private long bytesInLongerLines;

    private Shape() {}

    /** Reads the whole source. */
    public static TextShape of(Source source, Progress progress) throws SourceException, InterruptedException {
        Shape shape = new Shape();
        Content content = new SourceReader(source, progress).read(shape::count, lines -> lines);
        return new TextShape(
                content.lineCount(),
                content.byteCount(),
                content.longestLine(),
                shape.linesByLength,
                shape.bytesInLongerLines,
                !source.isInPlace());
    }

    private void count(LineBatch batch) {
        for (int i = 0; i < batch.count(); i++) {
            int length = batch.length(i);
            int step = Math.min(length / TextShape.LENGTH_STEP, STEPS - 1);
            linesByLength[step]++;
            if (step == STEPS - 1) {
                bytesInLongerLines += length;
            }
        }
    }
}
