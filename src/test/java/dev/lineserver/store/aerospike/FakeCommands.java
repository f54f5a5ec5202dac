package dev.lineserver.store.aerospike;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

import com.aerospike.client.ResultCode;
import com.aerospike.client.command.ParticleType;
import com.aerospike.client.util.Packer;
import com.aerospike.client.util.Unpacker;
import org.jspecify.annotations.Nullable;

/** Executes commands on the stored records, and encodes the replies. */
final class FakeCommands {
    private static final int BATCH_REPEAT = 1;
    private static final int BATCH_INFO = 2;
    private static final int BATCH_GENERATION = 4;
    private static final int BATCH_TTL = 8;
    private static final int DIGEST_BYTES = 20;
    private static final int OPERATION_HEADER_BYTES = 8;

    private FakeCommands() {}

    static byte[] execute(WireMessage message, FakeRecords records, FakeFaults faults) {
        ByteArrayOutputStream reply = new ByteArrayOutputStream();
        if (message.isBatch()) {
            executeBatch(message, records, faults, reply);
        } else {
            executeOne(message, records, faults, 0, reply);
        }
        return reply.toByteArray();
    }

    /** The reply has a message for each key, with its index in the batch, and a last message without a record. */
    private static void executeBatch(
            WireMessage frame, FakeRecords records, FakeFaults faults, ByteArrayOutputStream reply) {
        ByteBuffer in = frame.field(WireMessage.FIELD_BATCH);
        int count = in.getInt();
        in.get();
        WireMessage previous = frame;
        for (int i = 0; i < count; i++) {
            int batchIndex = in.getInt();
            ByteBuffer digest = in.slice(in.position(), DIGEST_BYTES);
            in.position(in.position() + DIGEST_BYTES);
            int flags = in.get();
            if ((flags & BATCH_REPEAT) == 0) {
                previous = parseEntry(in, flags);
            }
            executeOne(previous.withDigest(digest), records, faults, batchIndex, reply);
        }
        appendHeader(reply, WireMessage.LAST, ResultCode.OK, 0, 0, 0);
    }

    private static WireMessage parseEntry(ByteBuffer in, int flags) {
        if ((flags & BATCH_INFO) == 0) {
            throw new IllegalStateException("this fake node does not support batch entries with flags " + flags);
        }
        int info1 = in.get() & 0xFF;
        int info2 = in.get() & 0xFF;
        int info3 = in.get() & 0xFF;
        int generation = (flags & BATCH_GENERATION) == 0 ? 0 : in.getShort();
        if ((flags & BATCH_TTL) != 0) {
            in.getInt();
        }
        int fields = in.getShort();
        int operations = in.getShort();
        return WireMessage.parse(in, info1, info2, info3, generation, fields, operations);
    }

    private static void executeOne(
            WireMessage message, FakeRecords records, FakeFaults faults, int batchIndex, ByteArrayOutputStream reply) {
        if (!message.text(WireMessage.FIELD_NAMESPACE).equals(FakeInfo.NAMESPACE)) {
            appendHeader(reply, 0, ResultCode.INVALID_NAMESPACE, 0, batchIndex, 0);
            return;
        }
        if (message.isWrite()) {
            int refused = records.isFull() ? ResultCode.SERVER_MEM_ERROR : faults.refusal(message);
            if (refused == ResultCode.OK && !faults.consumeSwallowed(message)) {
                refused = records.write(message);
            }
            appendHeader(reply, 0, refused, 0, batchIndex, 0);
            return;
        }
        FakeRecords.StoredRecord record = faults.stale && !message.readsAllVersions()
                ? null
                : records.get(message.field(WireMessage.FIELD_DIGEST));
        appendRecord(message, record, batchIndex, reply);
    }

    private static void appendRecord(
            WireMessage message,
            FakeRecords.@Nullable StoredRecord record,
            int batchIndex,
            ByteArrayOutputStream reply) {
        if (record == null) {
            appendHeader(reply, 0, ResultCode.KEY_NOT_FOUND_ERROR, 0, batchIndex, 0);
            return;
        }
        List<WireMessage.BinOperation> bins = record.bins().stream()
                .filter(bin -> message.requestsBin(bin.bin()))
                .map(bin -> message.listIndex(bin.bin()) < 0 ? bin : element(bin, message.listIndex(bin.bin())))
                .toList();
        appendHeader(reply, 0, ResultCode.OK, record.generation(), batchIndex, bins.size());
        for (WireMessage.BinOperation bin : bins) {
            byte[] name = bin.bin().getBytes(StandardCharsets.UTF_8);
            ByteBuffer head = ByteBuffer.allocate(OPERATION_HEADER_BYTES)
                    .putInt(4 + name.length + bin.value().length)
                    .put((byte) 1)
                    .put((byte) bin.type())
                    .put((byte) 0)
                    .put((byte) name.length);
            reply.writeBytes(head.array());
            reply.writeBytes(name);
            reply.writeBytes(bin.value());
        }
    }

    /** Returns the element of a list, in the form of a bin. */
    private static WireMessage.BinOperation element(WireMessage.BinOperation list, int index) {
        List<?> elements = (List<?>) Unpacker.unpackObjectList(list.value(), 0, list.value().length);
        return switch (elements.get(index)) {
            case byte[] bytes -> new WireMessage.BinOperation(list.code(), list.bin(), ParticleType.BLOB, bytes);
            case List<?> nested ->
                new WireMessage.BinOperation(list.code(), list.bin(), ParticleType.LIST, Packer.pack(nested));
            case Object other -> throw new IllegalStateException("this fake node does not send " + other);
        };
    }

    private static void appendHeader(
            ByteArrayOutputStream reply, int info3, int code, int generation, int batchIndex, int operations) {
        reply.writeBytes(ByteBuffer.allocate(WireMessage.HEADER_BYTES)
                .put((byte) WireMessage.HEADER_BYTES)
                .put((byte) 0)
                .put((byte) 0)
                .put((byte) info3)
                .put((byte) 0)
                .put((byte) code)
                .putInt(generation)
                .putInt(0)
                .putInt(batchIndex)
                .putShort((short) 0)
                .putShort((short) operations)
                .array());
    }
}
