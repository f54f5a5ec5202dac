package dev.lineserver.store;

import java.util.concurrent.CompletionStage;
import java.util.function.IntFunction;

/**
 * A long line, read part by part, so that a slow client does not occupy heap for all of it. The caller reads the parts
 * in ascending order, and requests the next one when the client can receive it. {@link #read} may be called on any
 * thread, event loops included, until the snapshot is closed; each part may be read any number of times.
 *
 * {@snippet :
 * for (int part = 0; part < parts.count(); part++) {
 *     out.write(Await.result(parts.read(part)));
 * }
 * }
 *
 * @param length of the line in bytes, without terminator
 * @param count number of parts, at least 1
 * @param reader reads the part with the given number, from 0 to {@code count - 1}
 */
public record LineParts(long length, int count, IntFunction<CompletionStage<byte[]>> reader) {
    /**
     * Reads one part. The concatenated parts are the line.
     *
     * @param part number of the part, from 0 to {@code count - 1}
     * @return the part's bytes; fails with a {@link LineDamagedException} if the part is missing or damaged, and with
     *     another {@link StoreException} if the store cannot answer
     */
    public CompletionStage<byte[]> read(int part) {
        return reader.apply(part);
    }
}
