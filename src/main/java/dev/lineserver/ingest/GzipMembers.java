package dev.lineserver.ingest;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * Unpacks a gzip file, member by member, and accepts what {@code gzip -t} accepts: whole members up to the end of the
 * file, which zeros may pad. {@link java.util.zip.GZIPInputStream} takes a damaged header after the first member for the
 * end of the file. Format: RFC 1952.
 */
final class GzipMembers extends InflaterInputStream {
    static final int MAGIC_AND_DEFLATE = 0x1F8B08;

    private static final int HEADER_CHECKSUM = 2;
    private static final int EXTRA_FIELD = 4;
    private static final int FILE_NAME = 8;
    private static final int COMMENT = 16;
    private static final int ENCRYPTED_OR_RESERVED = 0xE0;
    private static final int BUFFER_BYTES = 64 << 10;

    private final PushbackInputStream packed;
    private final CRC32 checksum = new CRC32();
    private final DataInputStream header;
    private final DataInputStream trailer;
    private boolean inMember;
    private long members;

    GzipMembers(InputStream packed) {
        super(new PushbackInputStream(packed, BUFFER_BYTES), new Inflater(true), BUFFER_BYTES);
        this.packed = (PushbackInputStream) in;
        header = new DataInputStream(new CheckedInputStream(in, checksum));
        trailer = new DataInputStream(in);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        try {
            while (inMember || openMember()) {
                int count = inf.inflate(into, offset, length);
                if (count > 0 || length == 0) {
                    checksum.update(into, offset, count);
                    return count;
                }
                if (inf.finished()) {
                    closeMember();
                } else {
                    fill();
                }
            }
            return -1;
        } catch (DataFormatException e) {
            throw damaged(String.valueOf(e.getMessage()));
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
        checksum.reset();
        members++;
        readHeader();
        checksum.reset();
        inf.reset();
        inMember = true;
        return true;
    }

    private void readHeader() throws IOException {
        int magicAndMethod = header.readUnsignedShort() << 8 | header.readUnsignedByte();
        int flags = header.readUnsignedByte();
        if (magicAndMethod != MAGIC_AND_DEFLATE || (flags & ENCRYPTED_OR_RESERVED) != 0) {
            throw damaged("no valid header begins member " + members);
        }
        // Modification time, compression level and operating system.
        header.skipNBytes(6);
        if ((flags & EXTRA_FIELD) != 0) {
            header.skipNBytes(Short.toUnsignedInt(Short.reverseBytes(header.readShort())));
        }
        for (int text : new int[] {FILE_NAME, COMMENT}) {
            while ((flags & text) != 0 && header.readUnsignedByte() != 0) {
                // Reads to the terminating zero.
            }
        }
        int computed = (int) checksum.getValue() & 0xFFFF;
        if ((flags & HEADER_CHECKSUM) != 0
                && Short.toUnsignedInt(Short.reverseBytes(trailer.readShort())) != computed) {
            throw damaged("the header of member " + members + " does not match its checksum");
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
