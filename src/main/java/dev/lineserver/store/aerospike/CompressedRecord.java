package dev.lineserver.store.aerospike;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import com.aerospike.client.Bin;
import com.aerospike.client.Record;
import com.aerospike.client.Value;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;
import dev.lineserver.store.ZstdBlock;
import dev.lineserver.store.aerospike.LineRecords.LongLineHeader;

/**
 * A record with compressed lines. Its bins:
 *
 * <pre>
 *   "l"   a Zstandard frame. Its text is the lines, each with a terminator; of a long line, the terminator only
 *   "h"   for each long line, its place in the record, its length and that of its parts, 4 bytes each; absent if
 *         there is none
 * </pre>
 *
 * <p>The frame has a checksum of its text.
 */
final class CompressedRecord {
    private static final int HEADER_BYTES = 3 * Integer.BYTES;
    /** Of the lines that share a record, with their terminators. */
    private static final int MAX_TEXT_BYTES = 2 * Limits.WHOLE_LINE_BYTES;

    private CompressedRecord() {}

    /** Returns the bins for lines: bytes, or the elements of long ones. */
    static Bin[] bins(List<Value> elements) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        ByteBuffer headers = ByteBuffer.allocate(HEADER_BYTES * elements.size());
        for (int i = 0; i < elements.size(); i++) {
            if (elements.get(i).getObject() instanceof byte[] line) {
                text.writeBytes(line);
            } else if (elements.get(i).getObject() instanceof List<?> header) {
                headers.putInt(i).putInt((Integer) header.get(0)).putInt((Integer) header.get(1));
            }
            text.write('\n');
        }
        Bin frame = LineRecords.lineBin(Value.get(ZstdBlock.compress(text.toByteArray(), 0, text.size())));
        return headers.position() == 0
                ? new Bin[] {frame}
                : new Bin[] {frame, new Bin(LineRecords.HEADER_BIN, Value.get(headers.array(), 0, headers.position()))};
    }

    /**
     * Returns a line of a record, or the element of a long line.
     *
     * @param index place of the line in the record
     * @return null if there is no record, or it is damaged
     */
    static @Nullable Object element(@Nullable Record record, int index) {
        List<Object> lines = elements(record, index, index + 1);
        return lines.isEmpty() ? null : lines.getFirst();
    }

    /** Returns the lines of a record, or the elements of long lines; none if there is no record, or it is damaged. */
    static List<Object> elements(@Nullable Record record) {
        return elements(record, 0, Integer.MAX_VALUE);
    }

    private static List<Object> elements(@Nullable Record record, int first, int end) {
        byte[] frame = LineRecords.bytes(record);
        byte[] text = frame == null ? null : ZstdBlock.unpackUpTo(frame, MAX_TEXT_BYTES);
        List<Object> elements = new ArrayList<>();
        int start = 0;
        for (int i = 0; text != null && start < text.length && i < end; i++) {
            int terminator = start;
            while (terminator < text.length && text[terminator] != '\n') {
                terminator++;
            }
            if (i >= first) {
                elements.add(Arrays.copyOfRange(text, start, terminator));
            }
            start = terminator + 1;
        }
        for (PlacedHeader header : headers(record)) {
            int place = header.index - first;
            if (place >= 0 && place < elements.size()) {
                elements.set(place, header.line.element());
            }
        }
        return elements;
    }

    /** @param index place of the long line in the record */
    record PlacedHeader(int index, LongLineHeader line) {}

    /** Returns the headers of the long lines of a record. */
    static List<PlacedHeader> headers(@Nullable Record record) {
        List<PlacedHeader> found = new ArrayList<>();
        if (LineRecords.value(record, LineRecords.HEADER_BIN) instanceof byte[] bytes) {
            ByteBuffer headers = ByteBuffer.wrap(bytes);
            while (headers.remaining() >= HEADER_BYTES) {
                found.add(new PlacedHeader(headers.getInt(), LongLineHeader.read(headers)));
            }
        }
        return found;
    }
}
