package dev.lineserver.ingest;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

import org.jspecify.annotations.Nullable;

/**
 * Unpacks a gzip file, member by member, and accepts what {@code gzip -t} accepts: whole members up to the end of the
 * file, which zeros may pad. {@link java.util.zip.GZIPInputStream} takes a damaged header after the first member for the
 * end of the file. Format: RFC 1952.
 */
final class GzipMembers extends InputStream {
    static final int MAGIC = 0x1F8B;

    private static final int DEFLATE = 8;
    private static final int HEADER_CHECKSUM = 2;
    private static final int EXTRA_FIELD = 4;
    private static final int FILE_NAME = 8;
    private static final int COMMENT = 16;
    private static final int ENCRYPTED_OR_RESERVED = 0xE0;
    private static final int BUFFER_BYTES = 64 << 10;

    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final PushbackInputStream packed;
    private final CRC32 checksum = new CRC32();
    private final DataInputStream header;
    private final DataInputStream trailer;
    private final Inflater inflater = new Inflater(true);
    private int buffered;
    private boolean inMember;
    private long members;

    GzipMembers(InputStream packed) {
        this.packed = new PushbackInputStream(packed, BUFFER_BYTES);
        header = new DataInputStream(new CheckedInputStream(this.packed, checksum));
        trailer = new DataInputStream(this.packed);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        while (inMember || openMember()) {
            int count = inflate(into, offset, length);
            if (count > 0) {
                checksum.update(into, offset, count);
                return count;
            }
            if (inflater.finished()) {
                closeMember();
            } else if (inflater.needsInput()) {
                buffered = packed.read(buffer);
                if (buffered < 0) {
                    throw new EOFException();
                }
                inflater.setInput(buffer, 0, buffered);
            }
        }
        return -1;
    }

    private int inflate(byte[] into, int offset, int length) throws IOException {
        try {
            return inflater.inflate(into, offset, length);
        } catch (DataFormatException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
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
                throw damaged("more follows the zeros after member " + members, null);
            }
        }
        if (first < 0 && members > 0) {
            return false;
        }
        if (first >= 0) {
            packed.unread(first);
        }
        checksum.reset();
        if (header.readUnsignedShort() != MAGIC) {
            throw damaged("no member follows member " + members, null);
        }
        readHeader();
        members++;
        checksum.reset();
        inflater.reset();
        inMember = true;
        return true;
    }

    private void readHeader() throws IOException {
        int method = header.readUnsignedByte();
        int flags = header.readUnsignedByte();
        if (method != DEFLATE || (flags & ENCRYPTED_OR_RESERVED) != 0) {
            throw damaged("member " + (members + 1) + " has method " + method + " and flags " + flags, null);
        }
        // Modification time, compression level and operating system.
        header.readFully(new byte[6]);
        if ((flags & EXTRA_FIELD) != 0) {
            header.readFully(new byte[Short.toUnsignedInt(Short.reverseBytes(header.readShort()))]);
        }
        for (int text : new int[] {FILE_NAME, COMMENT}) {
            while ((flags & text) != 0 && header.readUnsignedByte() != 0) {
                // Reads to the terminating zero.
            }
        }
        int computed = (int) checksum.getValue() & 0xFFFF;
        if ((flags & HEADER_CHECKSUM) != 0
                && Short.toUnsignedInt(Short.reverseBytes(trailer.readShort())) != computed) {
            throw damaged("the header of member " + (members + 1) + " does not match its checksum", null);
        }
    }

    private void closeMember() throws IOException {
        int unused = inflater.getRemaining();
        packed.unread(buffer, buffered - unused, unused);
        int expected = Integer.reverseBytes(trailer.readInt());
        int size = Integer.reverseBytes(trailer.readInt());
        if (expected != (int) checksum.getValue() || size != (int) inflater.getBytesWritten()) {
            throw damaged("member " + members + " does not match its checksum", null);
        }
        inMember = false;
    }

    private static IOException damaged(String detail, @Nullable Throwable cause) {
        return new IOException("its gzip data is damaged (" + detail + "); fetch it again", cause);
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        packed.close();
    }
}
