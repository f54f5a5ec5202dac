package dev.lineserver.store.aerospike;

import java.nio.ByteBuffer;
import java.util.Map;

import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.Value;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.aerospike.registry.LineSet;

/**
 * Maps the lines of a version to records of its set.
 *
 * <pre>
 *   line of index 7                 key 7 (integer)     bin "a"     the bytes of the line
 *   long line of index 8, header    key 8 (integer)     bin "a+"    {@link LongLineHeader}
 *   its parts 0, 1, …               key "8+0" (string)  bin "a"     the bytes of the part
 * </pre>
 *
 * <p>A line is long if it does not fit one record. Integer and string keys have different digests, so the keys of parts
 * cannot collide with those of lines. {@link LineSet#bin} names the bins.
 */
final class LineRecords {
    private static final String HEADER_SUFFIX = "+";

    final String namespace;
    final String set;
    final String bin;
    final String headerBin;

    LineRecords(String namespace, LineSet set) {
        this.namespace = namespace;
        this.set = set.name();
        this.bin = set.bin();
        this.headerBin = bin + HEADER_SUFFIX;
    }

    Key line(long lineIndex) {
        return new Key(namespace, set, lineIndex);
    }

    Key part(long lineIndex, int part) {
        return new Key(namespace, set, lineIndex + "+" + part);
    }

    /** Returns the bytes of a line or part; null unless the record holds one of this version. */
    byte @Nullable [] bytes(@Nullable Record record) {
        return value(record, bin);
    }

    /** Returns the header of a long line; null unless the record holds one of this version. */
    @Nullable
    LongLineHeader header(@Nullable Record record) {
        byte[] header = value(record, headerBin);
        return header == null || header.length != LongLineHeader.BYTES ? null : LongLineHeader.fromBytes(header);
    }

    /** The client returns a record without a map of bins if the record has none of the requested bins. */
    private static byte @Nullable [] value(@Nullable Record record, String name) {
        Map<String, Object> bins = record == null ? null : record.bins;
        return bins != null && bins.get(name) instanceof byte[] bytes ? bytes : null;
    }

    /**
     * Describes a long line, under the key of the line.
     *
     * @param length of the line, in bytes
     * @param partBytes length of each part but the last, in bytes
     */
    record LongLineHeader(int length, int partBytes) {
        static final int BYTES = 2 * Integer.BYTES;

        int parts() {
            return Math.ceilDiv(length, partBytes);
        }

        int partLength(int part) {
            return Math.min(partBytes, length - part * partBytes);
        }

        Value toValue() {
            return Value.get(
                    ByteBuffer.allocate(BYTES).putInt(length).putInt(partBytes).array());
        }

        static LongLineHeader fromBytes(byte[] bytes) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            return new LongLineHeader(buffer.getInt(), buffer.getInt());
        }
    }
}
