package dev.lineserver.store.aerospike;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

import com.aerospike.client.Bin;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.Value;
import com.aerospike.client.cdt.ListOperation;
import com.aerospike.client.cdt.ListReturnType;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.aerospike.registry.LineSet;

/**
 * Maps the lines of a version to records of its set. In build 5, with one line per record:
 *
 * <pre>
 *   line of index 7                 key 5·2^38 + 7 (integer)   bin "l"    the bytes of the line
 *   long line of index 8, header    key 5·2^38 + 8 (integer)   bin "h"    {@link LongLineHeader}
 *   its parts 0, 1, …               key "5+8+0" (string)       bin "l"    the bytes of the part
 * </pre>
 *
 * <p>With 16 lines per record:
 *
 * <pre>
 *   lines of indices 32 to 47       key 5·2^38 + 2 (integer)   bin "l"    a list; element 3 has the bytes of line 35,
 *                                                                         or, if it is long, its length and the
 *                                                                         length of its parts, as a list of integers
 *   parts of line 35                key "5+35+0" (string)      bin "l"    the bytes of the part
 * </pre>
 *
 * <p>If the lines are compressed, such a record is a {@link CompressedRecord}, and a node sends all of it. Otherwise a node
 * sends one element of a list, so that a lookup transfers one line. A line is long if it does
 * not fit one record, or not with the other lines of its record. Integer and string keys have different digests, so the keys
 * of parts cannot collide with those of lines.
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
    static final String LINE_BIN = "l";
    static final String HEADER_BIN = "h";
    private static final int LINE_BITS = 38;

    final String namespace;
    final String set;
    final LineLayout layout;
    final int linesPerRecord;
    private final long build;
    private final long firstKey;

    LineRecords(String namespace, LineSet set, LineLayout layout) {
        this.namespace = namespace;
        this.set = set.name();
        this.layout = layout;
        this.linesPerRecord = layout.linesPerRecord();
        this.build = set.build();
        this.firstKey = build << LINE_BITS;
    }

    /** Returns the key of the record that holds a line. */
    Key line(long lineIndex) {
        return record(lineIndex / linesPerRecord);
    }

    Key record(long recordIndex) {
        return new Key(namespace, set, firstKey + recordIndex);
    }

    /** Returns the number of records for so many lines, without parts. */
    long recordCount(long lineCount) {
        return Math.ceilDiv(lineCount, linesPerRecord);
    }

    /** Returns the request for one line, in whose answer {@link #lineValue} is the line. */
    ReadRequest lineRequest(long lineIndex) {
        return linesPerRecord == 1 || layout.compressed()
                ? new ReadRequest(line(lineIndex))
                : new ReadRequest(
                        line(lineIndex),
                        ListOperation.getByIndex(LINE_BIN, elementIndex(lineIndex), ListReturnType.VALUE));
    }

    /** Returns the bytes or the element of a line, from the answer to its request; null if that holds none. */
    @Nullable
    Object lineValue(@Nullable Record record, long lineIndex) {
        return layout.compressed()
                ? CompressedRecord.element(record, elementIndex(lineIndex))
                : value(record, LINE_BIN);
    }

    /** Returns the bytes or elements of all lines of a record that was read whole; none if it holds none. */
    List<?> lineValues(@Nullable Record record) {
        return layout.compressed()
                ? CompressedRecord.elements(record)
                : value(record, LINE_BIN) instanceof List<?> elements ? elements : List.of();
    }

    /** Returns the place of a line in its record. */
    int elementIndex(long lineIndex) {
        return (int) (lineIndex % linesPerRecord);
    }

    Key part(long lineIndex, int part) {
        return new Key(namespace, set, build + "+" + lineIndex + "+" + part);
    }

    static Bin lineBin(Value bytes) {
        return new Bin(LINE_BIN, bytes);
    }

    /** Returns the bins of a record with several lines. */
    Bin[] packedBins(List<Value> lines) {
        return layout.compressed() ? CompressedRecord.bins(lines) : new Bin[] {new Bin(LINE_BIN, lines)};
    }

    static Bin headerBin(LongLineHeader header) {
        return new Bin(HEADER_BIN, header.toValue());
    }

    /** Returns the bytes of a line or part; null if the record holds none. */
    static byte @Nullable [] bytes(@Nullable Record record) {
        return value(record, LINE_BIN) instanceof byte[] bytes ? bytes : null;
    }

    /** Returns the header of a long line of a record with one line; null if the record holds none. */
    static @Nullable LongLineHeader header(@Nullable Record record) {
        return value(record, HEADER_BIN) instanceof byte[] header && header.length == LongLineHeader.BYTES
                ? LongLineHeader.fromBytes(header)
                : null;
    }

    /** The client returns a record without a map of bins if the record has none of the requested bins. */
    static @Nullable Object value(@Nullable Record record, String name) {
        Map<String, Object> bins = record == null ? null : record.bins;
        return bins == null ? null : bins.get(name);
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
            return read(ByteBuffer.wrap(bytes));
        }

        static LongLineHeader read(ByteBuffer buffer) {
            return new LongLineHeader(buffer.getInt(), buffer.getInt());
        }

        /** Returns the element as the client returns it. */
        List<Long> element() {
            return List.of((long) length, (long) partBytes);
        }

        /** Returns the element that stands for the line among others. */
        Value toElement() {
            return Value.get(List.of(length, partBytes));
        }

        /** Returns the header in an element; null if it is none. */
        static @Nullable LongLineHeader fromElement(@Nullable Object element) {
            return element instanceof List<?> header
                            && header.size() == 2
                            && header.get(0) instanceof Long length
                            && header.get(1) instanceof Long partBytes
                            && Math.min(length, partBytes) > 0
                            && Math.max(length, partBytes) <= Integer.MAX_VALUE
                    ? new LongLineHeader(length.intValue(), partBytes.intValue())
                    : null;
        }
    }
}
