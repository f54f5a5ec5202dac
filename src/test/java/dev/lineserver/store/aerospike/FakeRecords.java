package dev.lineserver.store.aerospike;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;

/** The records of a fake node, in memory and in one namespace. */
final class FakeRecords {
    /** {@code max-record-size}; so small that the longest whole line needs two records. */
    static final int MAX_RECORD_SIZE = Limits.WHOLE_LINE_BYTES;

    private static final int OVERHEAD = 100;

    private final Map<ByteBuffer, StoredRecord> byDigest = new ConcurrentHashMap<>();

    record StoredRecord(String set, int generation, List<WireMessage.BinOperation> bins) {}

    @Nullable
    StoredRecord get(ByteBuffer digest) {
        return byDigest.get(digest);
    }

    /** Executes a write, and returns its result code. */
    int write(WireMessage message) {
        ByteBuffer digest = copy(message.field(WireMessage.FIELD_DIGEST));
        int[] code = new int[1];
        byDigest.compute(digest, (_, before) -> {
            code[0] = refusal(message, before);
            if (code[0] != ResultCode.OK) {
                return before;
            }
            if ((message.info2() & WireMessage.DELETE) != 0) {
                return null;
            }
            int generation = before == null ? 1 : before.generation + 1;
            return new StoredRecord(message.text(WireMessage.FIELD_SET), generation, message.operations());
        });
        return code[0];
    }

    private static int refusal(WireMessage message, @Nullable StoredRecord before) {
        if ((message.info2() & WireMessage.CREATE_ONLY) != 0 && before != null) {
            return ResultCode.KEY_EXISTS_ERROR;
        }
        boolean mustExist =
                (message.info3() & WireMessage.REPLACE_ONLY) != 0 || (message.info2() & WireMessage.DELETE) != 0;
        if (mustExist && before == null) {
            return ResultCode.KEY_NOT_FOUND_ERROR;
        }
        if ((message.info2() & WireMessage.EXPECT_GENERATION) != 0
                && (before == null || before.generation != message.generation())) {
            return ResultCode.GENERATION_ERROR;
        }
        long size = OVERHEAD;
        for (WireMessage.BinOperation bin : message.operations()) {
            size += bin.value().length;
        }
        return size > MAX_RECORD_SIZE ? ResultCode.RECORD_TOO_BIG : ResultCode.OK;
    }

    void truncate(String set) {
        byDigest.values().removeIf(record -> record.set.equals(set));
    }

    /** Simulates a restart with an empty device. */
    void clear() {
        byDigest.clear();
    }

    void remove(byte[] digest) {
        byDigest.remove(ByteBuffer.wrap(digest));
    }

    boolean contains(byte[] digest) {
        return byDigest.containsKey(ByteBuffer.wrap(digest));
    }

    long count(String set) {
        return byDigest.values().stream()
                .filter(record -> record.set.equals(set))
                .count();
    }

    List<String> sets() {
        return byDigest.values().stream().map(StoredRecord::set).distinct().toList();
    }

    private static ByteBuffer copy(ByteBuffer from) {
        ByteBuffer to = ByteBuffer.allocate(from.remaining());
        return to.put(from).flip();
    }
}
