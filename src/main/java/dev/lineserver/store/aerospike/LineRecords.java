package dev.lineserver.store.aerospike;

import java.nio.ByteBuffer;
import java.util.Map;

import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.Value;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.aerospike.registry.LineSet;

/**
 * How a version's lines are kept in its set.
 *
 * <p>Line {@code i} is the record whose key is the integer {@code i}, with one bin that holds its bytes. A line longer
 * than {@code partBytes} has a {@link LongLineHeader} under its own key instead, in a bin named otherwise, and its bytes in parts
 * whose keys are texts: keys of different types never meet.
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

    /** The bytes in a record; null unless it holds a line or a part of this version. */
    byte @Nullable [] bytes(@Nullable Record record) {
        return value(record, bin);
    }

    /** The head in a record; null unless it stands for a long line of this version. */
    @Nullable
    LongLineHeader header(@Nullable Record record) {
        byte[] header = value(record, headerBin);
        return header == null || header.length != LongLineHeader.BYTES ? null : LongLineHeader.fromBytes(header);
    }

    /** A record of which only bins were asked for that it does not have comes without any. */
    private static byte @Nullable [] value(@Nullable Record record, String name) {
        Map<String, Object> bins = record == null ? null : record.bins;
        return bins != null && bins.get(name) instanceof byte[] bytes ? bytes : null;
    }

    /**
     * Stands for a line in parts.
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
