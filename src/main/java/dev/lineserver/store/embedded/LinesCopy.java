package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes the store's own copy of the lines to a file. A copy that resumes another one gets the text from its first byte on, and
 * writes the part that the file lacks. Used by one thread.
 */
sealed interface LinesCopy extends AutoCloseable permits PlainCopy, CompressedCopy {
    /** Adds text. */
    void add(byte[] bytes, int from, int length) throws IOException, InterruptedException;

    /** Returns true if a copy that resumes this one from the file as it is now needs no text before a position to be written. */
    boolean contains(long position);

    /** Returns the number of bytes that were written to the file. */
    long fileBytes();

    /**
     * Returns the entries, from one block on, of the table that a copy needs to resume this one; empty if it needs none.
     *
     * @param from number of a block
     */
    ByteBuffer table(int from);

    /** Returns the checksum of the entries of the blocks before a position, as {@link BuildFile#tableChecksum} has it. */
    int tableChecksum(long position);

    /** Writes the rest of the file. The caller makes it durable. */
    void finish() throws IOException, InterruptedException;

    @Override
    void close();
}
