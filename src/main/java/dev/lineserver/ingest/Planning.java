package dev.lineserver.ingest;

import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineBatch;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.store.Content;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Plan;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.TextShape;

/**
 * Measures sources for the plans of a store: the resources that they would need, and whether these are available. Reads the
 * sources; writes nothing.
 *
 * @param store calculates the plans
 * @param copy as in {@link IngestOptions#copy}
 * @param keep as in {@link IngestOptions#keep}
 * @param linesPerRecord as in {@link IngestOptions#linesPerRecord}
 * @param compress as in {@link IngestOptions#compress}
 */
public record Planning(LineStore store, boolean copy, int keep, LinesPerRecord linesPerRecord, boolean compress) {
    /**
     * Number of ranges of line lengths that a plan distinguishes. The last one contains all lines of 64 KiB and more.
     */
    static final int LENGTH_RANGES = 4096;

    /**
     * Plans a source, or several as one text, and reads it to its end for that.
     *
     * @param progress called on the calling thread
     */
    public Plan ofWhole(List<String> sources, Progress progress)
            throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sources)) {
            return ofWhole(source, progress);
        }
    }

    Plan ofWhole(Source source, Progress progress) throws SourceException, StoreException, InterruptedException {
        return of(shape(source, copy || compress, compress, progress));
    }

    /**
     * Plans a plain file from a sample of it; reads a file that is not larger than the sample to its end.
     *
     * @param progress called on the calling thread
     * @throws SourceException if the source is not one plain file, too: of any other, a sample cannot be read
     */
    public Plan ofSample(List<String> sources, Progress progress)
            throws SourceException, StoreException, InterruptedException {
        try (Source source = Source.open(sources)) {
            Optional<TextSample> sample = TextSample.of(source, TextSample.BLOCKS);
            if (sample.isEmpty()) {
                return ofWhole(source, progress);
            }
            TextShape shape = sample.get().shape(copy || compress);
            return sample.get()
                    .describe(of(compress ? shape.compressed(sample.get().compression()) : shape));
        }
    }

    Plan of(TextShape shape) throws StoreException {
        return store.plan(shape, keep, linesPerRecord);
    }

    /**
     * Reads a source to its end, and counts its lines by length.
     *
     * @param compress true to estimate the compression
     */
    static TextShape shape(Source source, boolean copy, boolean compress, Progress progress)
            throws SourceException, InterruptedException {
        LineLengths lengths = new LineLengths(compress);
        Content content = new SourceReader(source, progress).read(lengths);
        return lengths.shape(content, copy || !source.isPlainFile());
    }

    /** Counts lines by their length, and compresses some of them. */
    static final class LineLengths implements LineSplitter.BatchSink<RuntimeException> {
        private final @Nullable CompressionSample compression;
        private final long[] linesByLength = new long[LENGTH_RANGES];
        private long bytesInLongerLines;

        /** @param compress true to estimate the compression */
        LineLengths(boolean compress) {
            compression = compress ? new CompressionSample() : null;
        }

        @Override
        public void accept(LineBatch batch) {
            if (compression != null) {
                compression.add(batch.firstByteOffset(), batch.bytes(), batch.start(0), batch.byteCount());
            }
            for (int i = 0; i < batch.count(); i++) {
                int range = Math.min(batch.length(i) / TextShape.LENGTH_STEP, LENGTH_RANGES - 1);
                linesByLength[range]++;
                bytesInLongerLines += range < LENGTH_RANGES - 1 ? 0 : batch.length(i);
            }
        }

        /** @param copied as in {@link TextShape#copied} */
        TextShape shape(Content content, boolean copied) {
            TextShape shape = new TextShape(
                    content.lineCount(),
                    content.byteCount(),
                    content.longestLine(),
                    linesByLength,
                    bytesInLongerLines,
                    copied);
            return compression == null ? shape : shape.compressed(compression.estimate());
        }
    }
}
