package dev.lineserver.store.aerospike;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.aerospike.client.util.Unpacker;

/**
 * A request of the wire protocol: a command on one record, or a batch.
 *
 * @param info1 flags of reads
 * @param info2 flags of writes
 * @param info3 more flags of writes, such as preconditions
 * @param generation expected generation of the record
 * @param fields fields by type, such as namespace, set and digest
 * @param operations operations on bins
 */
record WireMessage(
        int info1,
        int info2,
        int info3,
        int generation,
        Map<Integer, ByteBuffer> fields,
        List<BinOperation> operations) {
    static final int HEADER_BYTES = 22;

    static final int FIELD_NAMESPACE = 0;
    static final int FIELD_SET = 1;
    static final int FIELD_DIGEST = 4;
    private static final int BATCH_ALLOW_INLINE_SSD = 2;
    static final int FIELD_BATCH = 41;

    static final int READ = 1;
    static final int READ_ALL_BINS = 2;
    static final int NO_BIN_DATA = 32;
    private static final int READ_ALL_VERSIONS = 64;

    static final int WRITE = 1;
    static final int DELETE = 2;
    static final int EXPECT_GENERATION = 4;
    static final int CREATE_ONLY = 32;

    static final int LAST = 1;
    static final int REPLACE = 16;
    static final int REPLACE_ONLY = 32;

    private static final int LIST_READ = 3;
    private static final Long GET_BY_INDEX = 19L;
    private static final Long RETURN_VALUE = 7L;

    /** An operation on one bin, with the name of the bin, the type of its value, and the value. */
    record BinOperation(int code, String bin, int type, byte[] value) {}

    /** True if a node must ask the others while they exchange records. */
    boolean readsAllVersions() {
        return (info1 & READ_ALL_VERSIONS) != 0;
    }

    static WireMessage parse(byte[] body) {
        ByteBuffer in = ByteBuffer.wrap(body);
        int header = in.get() & 0xFF;
        int info1 = in.get() & 0xFF;
        int info2 = in.get() & 0xFF;
        int info3 = in.get() & 0xFF;
        int generation = in.getInt(6);
        int fields = in.getShort(18);
        int operations = in.getShort(20);
        in.position(header);
        return parse(in, info1, info2, info3, generation, fields, operations);
    }

    static WireMessage parse(
            ByteBuffer in, int info1, int info2, int info3, int generation, int fields, int operations) {
        Map<Integer, ByteBuffer> parsed = new LinkedHashMap<>();
        for (int i = 0; i < fields; i++) {
            int length = in.getInt() - 1;
            int type = in.get() & 0xFF;
            parsed.put(type, in.slice(in.position(), length));
            in.position(in.position() + length);
        }
        List<BinOperation> ops = new ArrayList<>();
        for (int i = 0; i < operations; i++) {
            ops.add(operation(in));
        }
        return new WireMessage(info1, info2, info3, generation, parsed, ops);
    }

    private static BinOperation operation(ByteBuffer in) {
        int end = in.getInt() + in.position();
        int code = in.get() & 0xFF;
        int type = in.get() & 0xFF;
        in.get();
        byte[] name = new byte[in.get() & 0xFF];
        in.get(name);
        byte[] value = new byte[end - in.position()];
        in.get(value);
        return new BinOperation(code, new String(name, StandardCharsets.UTF_8), type, value);
    }

    WireMessage withDigest(ByteBuffer digest) {
        Map<Integer, ByteBuffer> all = new LinkedHashMap<>(fields);
        all.put(FIELD_DIGEST, digest);
        return new WireMessage(info1, info2, info3, generation, all, operations);
    }

    boolean isBatch() {
        return fields.containsKey(FIELD_BATCH);
    }

    /**
     * Returns true if the node must execute the batch on the thread that received it, also if the records are on a
     * device.
     */
    boolean isInline() {
        return (field(FIELD_BATCH).get(Integer.BYTES) & BATCH_ALLOW_INLINE_SSD) != 0;
    }

    boolean isWrite() {
        return (info2 & (WRITE | DELETE)) != 0;
    }

    boolean requestsBin(String bin) {
        if ((info1 & READ) == 0 || (info1 & NO_BIN_DATA) != 0) {
            return false;
        }
        return (info1 & READ_ALL_BINS) != 0
                || operations.stream().anyMatch(asked -> asked.bin().equals(bin));
    }

    /** Returns the index of the element of a list that an operation asks for; -1 if the whole bin is asked for. */
    int listIndex(String bin) {
        for (BinOperation asked : operations) {
            if (asked.bin().equals(bin) && asked.code() == LIST_READ) {
                List<?> call = (List<?>) Unpacker.unpackObjectList(asked.value(), 0, asked.value().length);
                if (!call.get(0).equals(GET_BY_INDEX) || !call.get(1).equals(RETURN_VALUE)) {
                    throw new IllegalStateException("this fake node does not support the list operation " + call);
                }
                return Math.toIntExact((Long) call.get(2));
            }
        }
        return -1;
    }

    ByteBuffer field(int type) {
        ByteBuffer field = fields.get(type);
        if (field == null) {
            throw new IllegalStateException("no field " + type + " in " + this);
        }
        return field.duplicate();
    }

    String text(int type) {
        return StandardCharsets.UTF_8.decode(field(type)).toString();
    }
}
