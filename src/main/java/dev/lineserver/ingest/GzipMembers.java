package dev.lineserver.ingest;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/**
 * Unpacks a gzip file member by member, and accepts the same files as {@code gzip -t}: complete members up to the end
 * of the file, then any number of zero bytes as padding.
 *
 * <pre>
 * file   = member { member } { zero }
 * member = header, deflate stream, CRC-32 of the content, size of the content modulo 2^32
 * </pre>
 *
 * <p>The JDK's {@link GZIPInputStream} cannot unpack the whole file, because it treats a damaged header after the first
 * member as the end of the file, and would silently drop the rest. Here it parses the headers only; this class inflates
 * the members and checks their trailers. Used by one thread. Format: RFC 1952.
 */
final class GzipMembers extends InflaterInputStream {
    static final int MAGIC_AND_DEFLATE = 0x1F8B08;

    /** Position of the flag byte in a header. */
    private static final int FLAGS = 3;

    private static final int ENCRYPTED_OR_RESERVED = 0xE0;
    private static final int BUFFER_BYTES = 64 << 10;

    /** Takes back the bytes that the inflater has read beyond the end of a member. */
    private final PushbackInputStream packed;

    private final CRC32 checksum = new CRC32();
    private final DataInputStream trailer;
    private boolean inMember;
    /** Number of members begun, in the whole file. */
    private long members;

    /** @param membersBefore number of members that were unpacked before, and are not in {@code packed} */
    GzipMembers(InputStream packed, long membersBefore) {
        super(new PushbackInputStream(packed, BUFFER_BYTES), new Inflater(true), BUFFER_BYTES);
        this.packed = (PushbackInputStream) in;
        trailer = new DataInputStream(in);
        members = membersBefore;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        try {
            // A member may be empty, so several may end before one yields a byte.
            while (inMember || beginMember()) {
                int count = super.read(into, offset, length);
                if (count >= 0) {
                    checksum.update(into, offset, count);
                    return count;
                }
                endMember();
            }
            return -1;
        } catch (ZipException e) {
            throw damaged("in member " + members + ": " + e.getMessage());
        }
    }

    /**
     * Skips padding, and reads the header of the next member.
     *
     * @return false at the end of the file
     */
    private boolean beginMember() throws IOException {
        int first = packed.read();
        // gzip accepts zeros as padding after a member. A header never begins with one.
        if (members > 0 && first == 0) {
            do {
                first = packed.read();
            } while (first == 0);
            if (first > 0) {
                throw damaged("data follows the zeros after member " + members);
            }
        }
        if (first < 0) {
            return false;
        }
        packed.unread(first);
        members++;
        readHeader();
        checksum.reset();
        inf.reset();
        inMember = true;
        return true;
    }

    private void readHeader() throws IOException {
        // gzip rejects these flags; GZIPInputStream ignores them.
        byte[] start = packed.readNBytes(FLAGS + 1);
        packed.unread(start);
        if (start.length > FLAGS && (start[FLAGS] & ENCRYPTED_OR_RESERVED) != 0) {
            throw damaged("member " + members + " has unknown flags");
        }
        new HeaderReader(packed);
    }

    /** Reads one header in its constructor, and no byte after it. */
    private static final class HeaderReader extends GZIPInputStream {
        HeaderReader(InputStream packed) throws IOException {
            super(packed, 1);
            // Only the header is needed. Without this, each member would leave a native inflater to the cleaner.
            inf.end();
        }
    }

    /** Checks the trailer of a member whose last byte has been returned. */
    private void endMember() throws IOException {
        // The inflater was given whole buffers; the bytes after the deflate stream are the trailer and the next member.
        packed.unread(buf, len - inf.getRemaining(), inf.getRemaining());
        int expected = Integer.reverseBytes(trailer.readInt());
        int size = Integer.reverseBytes(trailer.readInt());
        if (expected != (int) checksum.getValue() || size != (int) inf.getBytesWritten()) {
            throw damaged("member " + members + " does not match its checksum");
        }
        inMember = false;
    }

    @Override
    public void close() throws IOException {
        inf.end();
        super.close();
    }

    private static IOException damaged(String detail) {
        return new IOException("its gzip data is damaged (" + detail + "); fetch it again");
    }
}
