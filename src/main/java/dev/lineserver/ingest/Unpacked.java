package dev.lineserver.ingest;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

import org.jspecify.annotations.Nullable;
import org.tukaani.xz.MemoryLimitException;

/**
 * The unpacked bytes of an archive that a library unpacks. The libraries agree neither on exceptions for damaged data, some
 * of which are unchecked, nor on the end of the content, so this class sees to both:
 *
 * <ul>
 *   <li>A failure of the library is an {@link IOException} whose message is for users. A failure to read the archive
 *       itself is passed on as it is.
 *   <li>The content ends at the end of the archive. A library that reports an end before is asked for more: some do so
 *       after a block without content.
 * </ul>
 *
 * <p>Used by one thread.
 */
final class Unpacked extends BulkInputStream {
    /** Begins to unpack. It may read the archive's header. */
    interface Library {
        InputStream open(InputStream packed) throws IOException;
    }

    private final Compression compression;
    private final Packed packed;
    private final Library library;
    private @Nullable InputStream content;

    Unpacked(Compression compression, InputStream packed, Library library) {
        this.compression = compression;
        this.packed = new Packed(packed);
        this.library = library;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        try {
            if (content == null) {
                content = library.open(packed);
            }
            while (true) {
                long before = packed.bytesRead;
                int count = content.read(into, offset, length);
                if (count >= 0 || packed.ended) {
                    return count;
                }
                if (packed.bytesRead == before) {
                    throw new IOException("data follows its end");
                }
            }
        } catch (MemoryLimitException e) {
            throw new IOException(
                    "unpacking it takes " + (e.getMemoryNeeded() >> 10) + " MiB of memory, and the limit is "
                            + (e.getMemoryLimit() >> 10) + " MiB, half of the heap; unpack it in a pipe: xz -dc FILE |"
                            + " line-server ingest -",
                    e);
        } catch (IOException | RuntimeException e) {
            if (packed.failure != null) {
                throw packed.failure;
            }
            if (e instanceof EOFException truncated) {
                // IoErrors has words for it.
                throw truncated;
            }
            throw new IOException(
                    "its " + compression + " data is damaged (" + e.getMessage() + "); fetch it again", e);
        }
    }

    @Override
    public void close() throws IOException {
        try (packed) {
            if (content != null) {
                content.close();
            }
        }
    }

    /** The archive's bytes, as the library reads them. */
    private static final class Packed extends FilterInputStream {
        private long bytesRead;
        private boolean ended;
        private @Nullable IOException failure;

        Packed(InputStream bytes) {
            super(bytes);
        }

        @Override
        public int read() throws IOException {
            try {
                int next = super.read();
                count(next < 0 ? next : 1);
                return next;
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            try {
                int count = super.read(into, offset, length);
                count(count);
                return count;
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }

        private void count(int bytes) {
            ended |= bytes < 0;
            bytesRead += Math.max(0, bytes);
        }
    }
}
