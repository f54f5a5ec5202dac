package dev.lineserver.store.aerospike;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;

/** The records of a fake node, in memory and in one namespace. */
final class FakeRecords {
    /** {@code max-record-size}; so small that the longest whole line needs two records. */
    static final int MAX_RECORD_SIZE = Limits.WHOLE_LINE_BYTES;

    private static final int OVERHEAD = 100;

    private final Map<ByteBuffer, StoredRecord> byDigest = new ConcurrentHashMap<>();

    /** Truncated records, which stay on the device until it is written over. */
    private final Map<ByteBuffer, StoredRecord> onDevice = new ConcurrentHashMap<>();

    /** The time up to which each set was truncated. */
    private final Map<String, Long> truncations = new ConcurrentHashMap<>();

    /**
     * The clock of the node, in milliseconds since the epoch. It advances by a second after it is read, so that no
     * test waits for a second to pass.
     */
    private final AtomicLong clock = new AtomicLong(System.currentTimeMillis());

    private final AtomicLong writeCount = new AtomicLong();

    /** The node stops writes while it has more records. */
    volatile long maxRecords = Long.MAX_VALUE;

    /** @param updatedAt time of the last write, in milliseconds since the epoch */
    record StoredRecord(String set, int generation, long updatedAt, List<WireMessage.BinOperation> bins) {}

    /** Returns the time, which may be that of the last write. */
    long readClock() {
        return clock.getAndAdd(1_000);
    }

    /** Returns a time that is later than those of all writes up to now. */
    long advanceClock() {
        return clock.addAndGet(1_000);
    }

    /** Returns the number of records written so far, those of the registry included. */
    long writeCount() {
        return writeCount.get();
    }

    boolean isFull() {
        return byDigest.size() > maxRecords;
    }

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
            writeCount.incrementAndGet();
            int generation = before == null ? 1 : before.generation + 1;
            return new StoredRecord(message.text(WireMessage.FIELD_SET), generation, clock.get(), message.operations());
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

    /** Truncates a set as a node does: only up to a later time than the last truncation. */
    void truncate(String set, long time) {
        if (time <= truncations.getOrDefault(set, 0L)) {
            return;
        }
        truncations.put(set, time);
        byDigest.forEach((digest, record) -> {
            if (record.set.equals(set) && record.updatedAt < time && byDigest.remove(digest, record)) {
                onDevice.put(digest, record);
            }
        });
    }

    void forgetTruncations(String set) {
        truncations.remove(set);
    }

    /**
     * Simulates a cold restart: truncated records come back. A record that also exists otherwise is resolved by its
     * generation, as by default between nodes.
     */
    void restart() {
        onDevice.forEach(
                (digest, record) -> byDigest.merge(digest, record, (a, b) -> a.generation >= b.generation ? a : b));
        onDevice.clear();
    }

    /** Makes all records older. */
    void age(Duration by) {
        for (Map<ByteBuffer, StoredRecord> records : List.of(byDigest, onDevice)) {
            records.replaceAll((_, record) ->
                    new StoredRecord(record.set, record.generation, record.updatedAt - by.toMillis(), record.bins));
        }
    }

    /** Adds to the generation of all records of a set, as a second write of each does. */
    void touch(String set) {
        byDigest.replaceAll((_, record) -> record.set.equals(set)
                ? new StoredRecord(record.set, record.generation + 1, record.updatedAt, record.bins)
                : record);
    }

    /** Adds a record as another program does. */
    void add(String set, byte[] digest) {
        byDigest.put(ByteBuffer.wrap(digest), new StoredRecord(set, 1, clock.get(), List.of()));
    }

    /** Brings a record back that was removed. */
    void put(byte[] digest, StoredRecord record) {
        byDigest.put(ByteBuffer.wrap(digest), record);
    }

    /** Simulates a restart with an empty device. */
    void clear() {
        byDigest.clear();
        onDevice.clear();
    }

    void remove(byte[] digest) {
        byDigest.remove(ByteBuffer.wrap(digest));
    }

    /** Removes the records of a set that hold a value in one of their bins; returns their number. */
    int removeValue(String set, byte[] value) {
        int before = byDigest.size();
        byDigest.values()
                .removeIf(record -> record.set.equals(set)
                        && record.bins.stream().anyMatch(bin -> Arrays.equals(bin.value(), value)));
        return before - byDigest.size();
    }

    /** Removes up to {@code count} records of a set, as a node does that is restarted before it has written them. */
    void removeSome(String set, int count) {
        byDigest.entrySet().stream()
                .filter(entry -> entry.getValue().set.equals(set))
                .limit(count)
                .forEach(entry -> byDigest.remove(entry.getKey()));
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
