package dev.lineserver.ingest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import dev.lineserver.line.Limits;
import dev.lineserver.store.Plan;
import dev.lineserver.store.TextShape;

/**
 * Estimates the shape of a plain file from blocks at equal distances. The number of lines follows from the number of
 * newlines in the blocks, and the lengths of all lines from those of the lines that lie within one block.
 */
final class TextSample {
    /** Together 64 MiB: on most texts, they tell the number of lines to within a few percent. */
    static final int BLOCKS = 256;

    private final long byteCount;
    private final int blocks;
    private final long[] linesByLength = new long[Planning.LENGTH_RANGES];
    private final CompressionSample compression = new CompressionSample();
    private long wholeLines;
    private long bytesInLongerLines;
    private long longest;
    private long newlines;

    /** Sum of the squares of the number of newlines in each block. */
    private double squares;

    private TextSample(long byteCount, int blocks) {
        this.byteCount = byteCount;
        this.blocks = blocks;
    }

    /**
     * Reads a sample.
     *
     * @param blocks number of blocks, at least 2
     * @return empty if the file is not larger than the sample
     * @throws SourceException if the source is not a plain file, or cannot be read
     */
    static Optional<TextSample> of(Source source, int blocks) throws SourceException, InterruptedException {
        if (!source.isPlainFile()) {
            throw new SourceException(SourceException.described(source.name())
                    + " must be read from its beginning to its end, because it is compressed, a stream or several"
                    + " files; leave out --sample");
        }
        if (source.size() <= (long) blocks * Limits.BLOCK_BYTES) {
            return Optional.empty();
        }
        TextSample sample = new TextSample(source.size(), blocks);
        Block block = new Block(Limits.BLOCK_BYTES);
        block.length = Limits.BLOCK_BYTES;
        try {
            for (int i = 0; i < blocks; i++) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                block.offset = (source.size() - Limits.BLOCK_BYTES) / (blocks - 1) * i;
                source.load(block);
                block.scan();
                sample.add(block);
            }
            source.checkUnchanged();
        } catch (IOException e) {
            throw SourceException.cannotRead(source.name(), e);
        }
        return Optional.of(sample);
    }

    private void add(Block block) {
        compression.add(block.offset, block.bytes, 0, block.length);
        newlines += block.newlineCount;
        squares += (double) block.newlineCount * block.newlineCount;
        int start = 0;
        for (int i = 0; i < block.newlineCount; i++) {
            int length = block.newlines[i] - start;
            longest = Math.max(longest, length);
            // The first line of a block has probably begun before it.
            if (i > 0) {
                int range = Math.min(length / TextShape.LENGTH_STEP, linesByLength.length - 1);
                linesByLength[range]++;
                wholeLines++;
                bytesInLongerLines += range < linesByLength.length - 1 ? 0 : length;
            }
            start = block.newlines[i] + 1;
        }
        longest = Math.max(longest, block.length - start);
    }

    /** Returns the estimated shape. Its size is exact. A line that is longer than its longest may have been missed. */
    TextShape shape(boolean copied) {
        long lines = Math.max(1, Math.round(perByte() * byteCount));
        long[] scaled = new long[linesByLength.length];
        if (wholeLines == 0) {
            // Lines are about as long as blocks, or longer.
            scaled[scaled.length - 1] = lines;
            return new TextShape(lines, byteCount, longest, scaled, byteCount, copied);
        }
        double scale = (double) lines / wholeLines;
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = Math.round(linesByLength[i] * scale);
        }
        return new TextShape(lines, byteCount, longest, scaled, Math.round(bytesInLongerLines * scale), copied);
    }

    /** Returns the estimated size of the compressed text, divided by its size. */
    double compression() {
        return compression.estimate();
    }

    private double perByte() {
        return (double) newlines / sampleBytes();
    }

    private long sampleBytes() {
        return (long) blocks * Limits.BLOCK_BYTES;
    }

    /**
     * Returns twice the standard error of the number of lines. If the lines of each length are spread over the file, 19 of 20
     * estimates are within it.
     */
    long error() {
        double mean = (double) newlines / blocks;
        double variance = Math.max(0, squares / blocks - mean * mean) / (blocks - 1);
        return Math.round(2 * Math.sqrt(variance) * byteCount / Limits.BLOCK_BYTES);
    }

    /** Adds to a plan for this shape that it is an estimate. */
    Plan describe(Plan plan) {
        List<Plan.Figure> figures = new ArrayList<>(plan.figures());
        figures.add(new Plan.Figure(
                "sample", sampleBytes(), "bytes", "read from the file; the other figures are estimated from them"));
        figures.add(new Plan.Figure(
                "lines-error", error(), "lines", "error of the estimated number of lines, with a probability of 95 %"));
        return new Plan(figures, plan.warnings(), plan.obstacles());
    }
}
