package dev.lineserver.store.aerospike;

import java.nio.ByteBuffer;
import java.util.Map;

import com.aerospike.client.Bin;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.Value;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.aerospike.registry.LineSet;

/**
 * Maps the lines of a version to records of its set. In build 5:
 *
 * <pre>
 *   line of index 7                 key 5·2^38 + 7 (integer)   bin "l"    the bytes of the line
 *   long line of index 8, header    key 5·2^38 + 8 (integer)   bin "h"    {@link LongLineHeader}
 *   its parts 0, 1, …               key "5+8+0" (string)       bin "l"    the bytes of the part
 * </pre>
 *
 * <p>A line is long if it does not fit one record. Integer and string keys have different digests, so the keys of parts
 * cannot collide with those of lines.
 *
 * <p>Each build has a number of its own, so no two builds have a key in common: whatever a set contains, a record under
 * a key of this build holds the line of this build. That does not follow from truncating a set before its next use. In
 * Community Edition a node that restarts brings truncated records back, and replicas that differ are resolved by the
 * generation of the record unless the cluster is configured otherwise, so an older record could replace a newer one.
 *
 * <p>An integer key has 25 bits for the build and 38 for the line. A namespace holds at most 2^32 records on each of 8
 * nodes, so 38 bits are enough.
 */
final class LineRecords {
    private static final String LINE_BIN = "l";
    static final String HEADER_BIN = "h";
    private static final int LINE_BITS = 38;

    final String namespace;
    final String set;
    private final long build;
    private final long firstKey;

    LineRecords(String namespace, LineSet set) {
        this.namespace = namespace;
        this.set = set.name();
        this.build = set.build();
        this.firstKey = build << LINE_BITS;
    }

    Key line(long lineIndex) {
        return new Key(namespace, set, firstKey + lineIndex);
    }

    Key part(long lineIndex, int part) {
        return new Key(namespace, set, build + "+" + lineIndex + "+" + part);
    }

    static Bin lineBin(Value bytes) {
        return new Bin(LINE_BIN, bytes);
    }

    static Bin headerBin(LongLineHeader header) {
        return new Bin(HEADER_BIN, header.toValue());
    }

    /** Returns the bytes of a line or part; null if the record holds none. */
    static byte @Nullable [] bytes(@Nullable Record record) {
        return value(record, LINE_BIN);
    }

    /** Returns the header of a long line; null if the record holds none. */
    static @Nullable LongLineHeader header(@Nullable Record record) {
        byte[] header = value(record, HEADER_BIN);
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
