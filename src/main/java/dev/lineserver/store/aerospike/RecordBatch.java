package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Bin;
import com.aerospike.client.Key;
import com.aerospike.client.Operation;
import com.aerospike.client.Value;
import com.aerospike.client.policy.BatchWritePolicy;

import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Checkpoint;

/**
 * Lines on their way to the cluster, in the order of the source but not consecutive, copied out of the source's blocks.
 * Used again and again.
 */
final class RecordBatch {
    private static final int USUAL_LINE_BYTES = 64;

    private final int mostBytes;
    private final int[] distances;
    private final int[] ends;
    private final byte[] digests;
    private final Map<Integer, LineRecords.Head> heads = new HashMap<>();
    private byte[] bytes;
    private int count;
    private Checkpoint start = new Checkpoint(0, 0);

    RecordBatch(int mostRecords, int mostBytes) {
        this.mostBytes = mostBytes;
        this.distances = new int[mostRecords];
        this.ends = new int[mostRecords];
        this.digests = new byte[mostRecords * RipeMd160.DIGEST_BYTES];
        this.bytes = new byte[Math.min(mostBytes, mostRecords * USUAL_LINE_BYTES)];
    }

    /** @param firstLine the line that will be added first */
    void begin(Checkpoint firstLine) {
        start = firstLine;
    }

    /** Takes everything out, and gives back the memory that a long line took. */
    void clear() {
        count = 0;
        heads.clear();
        if (bytes.length > mostBytes) {
            bytes = new byte[mostBytes];
        }
    }

    /** The first line. */
    Checkpoint start() {
        return start;
    }

    /** Whether that line may be added. A single line may be longer than the batch should be. */
    boolean hasRoomFor(long lineIndex, int length) {
        return count == 0
                || (count < ends.length
                        && length <= mostBytes - size()
                        && lineIndex - start.lineIndex() <= Integer.MAX_VALUE);
    }

    /** Whether there is nothing to wait for any more. */
    boolean isFull() {
        return count == ends.length || size() >= mostBytes;
    }

    /** @param digest of the line's key */
    void add(long lineIndex, byte[] digest, LineBatch lines, int i) {
        int length = lines.length(i);
        int size = size();
        if (bytes.length - size < length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + length, Math.min(mostBytes, 2 * bytes.length)));
        }
        System.arraycopy(lines.bytes(), lines.start(i), bytes, size, length);
        add(lineIndex, digest, size + length);
    }

    /** @param digest of the line's key */
    void addHead(long lineIndex, byte[] digest, LineRecords.Head head) {
        heads.put(count, head);
        add(lineIndex, digest, size());
    }

    private void add(long lineIndex, byte[] digest, int end) {
        distances[count] = Math.toIntExact(lineIndex - start.lineIndex());
        System.arraycopy(digest, 0, digests, count * RipeMd160.DIGEST_BYTES, RipeMd160.DIGEST_BYTES);
        ends[count] = end;
        count++;
    }

    String describe() {
        return "writing lines among line indexes " + start.lineIndex() + " to " + lineIndex(count - 1);
    }

    List<BatchRecord> toRecords(LineRecords records, BatchWritePolicy policy) {
        List<BatchRecord> writes = new ArrayList<>(count);
        int from = 0;
        for (int i = 0; i < count; i++) {
            LineRecords.Head head = heads.isEmpty() ? null : heads.get(i);
            Bin bin = head == null
                    ? new Bin(records.bin, Value.get(bytes, from, ends[i] - from))
                    : new Bin(records.headBin, head.toValue());
            Operation[] put = {Operation.put(bin)};
            Key key = records.line(lineIndex(i), digest(i));
            writes.add(new BatchWrite(policy, key, put));
            from = ends[i];
        }
        return writes;
    }

    private long lineIndex(int i) {
        return start.lineIndex() + distances[i];
    }

    private byte[] digest(int i) {
        int at = i * RipeMd160.DIGEST_BYTES;
        return Arrays.copyOfRange(digests, at, at + RipeMd160.DIGEST_BYTES);
    }

    private int size() {
        return count == 0 ? 0 : ends[count - 1];
    }
}
