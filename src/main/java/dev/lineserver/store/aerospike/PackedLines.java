package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import com.aerospike.client.Value;

import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.aerospike.LineRecords.LongLineHeader;

/** The lines of one record, in their order: bytes, or the header of a line that is stored in parts. Used by one thread. */
final class PackedLines {
    /** Of the bytes of a line in a list: the type and the length of the element, and the type of the value. */
    static final int MAX_OVERHEAD_BYTES = 6;

    /** A list of two integers of up to 32 bits; or their bytes, a place and a terminator in a {@link CompressedRecord}. */
    private static final int HEADER_BYTES = LinesPerRecord.HEADER_BYTES;

    private final List<Value> elements = new ArrayList<>();
    private int bytes;

    void add(byte[] line) {
        elements.add(Value.get(line));
        bytes += line.length + MAX_OVERHEAD_BYTES;
    }

    void add(LongLineHeader header) {
        elements.add(header.toElement());
        bytes += HEADER_BYTES;
    }

    /** Returns the index of the longest line that is not stored in parts. */
    int longest() {
        return IntStream.range(0, elements.size()).reduce(0, (a, b) -> length(a) >= length(b) ? a : b);
    }

    private int length(int index) {
        return elements.get(index).getObject() instanceof byte[] line ? line.length : 0;
    }

    byte[] line(int index) {
        return (byte[]) elements.get(index).getObject();
    }

    void replace(int index, LongLineHeader header) {
        bytes += HEADER_BYTES - MAX_OVERHEAD_BYTES - length(index);
        elements.set(index, header.toElement());
    }

    int size() {
        return elements.size();
    }

    /** Returns the largest number of bytes that the elements take in a record. */
    int bytes() {
        return bytes;
    }

    List<Value> elements() {
        return List.copyOf(elements);
    }

    void clear() {
        elements.clear();
        bytes = 0;
    }
}
