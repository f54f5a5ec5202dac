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
 * Unpacks a gzip file, member by member, and accepts what {@code gzip -t} accepts: whole members up to the end of the
 * file, which zeros may pad. {@link GZIPInputStream} takes a damaged header after the first member for the end of the file,
 * so it reads nothing but headers here. Format: RFC 1952.
 */
final class GzipMembers extends InflaterInputStream {
    static final int MAGIC_AND_DEFLATE = 0x1F8B08;

    /** Position of the flags in a header. */
    private static final int FLAGS = 3;

    private static final int ENCRYPTED_OR_RESERVED = 0xE0;
    private static final int BUFFER_BYTES = 64 << 10;

    private final PushbackInputStream packed;
    private final CRC32 checksum = new CRC32();
    private final DataInputStream trailer;
    private boolean inMember;
    private long members;

    GzipMembers(InputStream packed) {
        super(new PushbackInputStream(packed, BUFFER_BYTES), new Inflater(true), BUFFER_BYTES);
        this.packed = (PushbackInputStream) in;
        trailer = new DataInputStream(in);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        try {
            while (inMember || openMember()) {
                int count = super.read(into, offset, length);
                if (count >= 0) {
                    checksum.update(into, offset, count);
                    return count;
                }
                closeMember();
            }
            return -1;
        } catch (ZipException e) {
            throw damaged("in member " + members + ": " + e.getMessage());
        }
    }

    /** Reads a member's header, unless the file ends here. */
    private boolean openMember() throws IOException {
        int first = packed.read();
        if (members > 0 && first == 0) {
            do {
                first = packed.read();
            } while (first == 0);
            if (first > 0) {
                throw damaged("more follows the zeros after member " + members);
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
        byte[] start = packed.readNBytes(FLAGS + 1);
        packed.unread(start);
        if (start.length > FLAGS && (start[FLAGS] & ENCRYPTED_OR_RESERVED) != 0) {
            throw damaged("member " + members + " has unknown flags");
        }
        new Header(packed);
    }

    /** Reads a header in its constructor, and no byte behind it. */
    private static final class Header extends GZIPInputStream {
        Header(InputStream packed) throws IOException {
            super(packed, 1);
            inf.end();
        }
    }

    private void closeMember() throws IOException {
        packed.unread(buf, len - inf.getRemaining(), inf.getRemaining());
        int expected = Integer.reverseBytes(trailer.readInt());
        int size = Integer.reverseBytes(trailer.readInt());
        if (expected != (int) checksum.getValue() || size != (int) inf.getBytesWritten()) {
            throw damaged("member " + members + " does not match its checksum");
        }
        inMember = false;
    }

    private static IOException damaged(String detail) {
        return new IOException("its gzip data is damaged (" + detail + "); fetch it again");
    }
}
