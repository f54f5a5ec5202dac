package dev.lineserver.store;

import java.util.concurrent.CompletionStage;

/** A long line, readable part by part without holding it whole. */
public interface LineParts {
    /** Length of the line in bytes, without terminator. */
    long length();

    /** Number of parts, at least 1. */
    int count();

    /**
     * Reads one part. The parts, one after the other, are the line.
     *
     * @param part from 0 to {@code count() - 1}
     * @return the part's bytes; fails with a {@link StoreException}, which is a {@link LineDamagedException} if the part
     *     is missing or damaged
     */
    CompletionStage<byte[]> read(int part);
}
