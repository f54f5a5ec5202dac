package dev.lineserver.ingest;

import java.io.IOException;
import java.io.InputStream;

/** A stream that is read in arrays. A single byte is an array of one. */
abstract class BulkInputStream extends InputStream {
    @Override
    public final int read() throws IOException {
        byte[] next = new byte[1];
        return read(next, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(next[0]);
    }

    @Override
    public abstract int read(byte[] into, int offset, int length) throws IOException;
}
