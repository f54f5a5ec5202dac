package dev.lineserver.store;

import java.util.concurrent.CompletionStage;
import java.util.function.IntFunction;

/**
 * A long line, readable part by part without holding it whole.
 *
 * @param length of the line in bytes, without terminator
 * @param count number of parts, at least 1
 * @param reader of the part with a number from 0 to {@code count - 1}
 */
public record LineParts(long length, int count, IntFunction<CompletionStage<byte[]>> reader) {
    /**
     * Reads one part. The parts, one after the other, are the line.
     *
     * @return the part's bytes; fails with a {@link StoreException}, which is a {@link LineDamagedException} if the part
     *     is missing or damaged
     */
    public CompletionStage<byte[]> read(int part) {
        return reader.apply(part);
    }
}
