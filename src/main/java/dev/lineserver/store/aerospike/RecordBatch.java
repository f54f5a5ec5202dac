package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Bin;
import com.aerospike.client.Operation;
import com.aerospike.client.Value;
import com.aerospike.client.policy.BatchWritePolicy;

import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Checkpoint;

/** Consecutive lines on their way to the cluster, copied out of the source's blocks. Used again and again. */
final class RecordBatch {
    private final int mostBytes;
    private final int[] ends;
    private final Map<Integer, LineRecords.Head> heads = new HashMap<>();
    private byte[] bytes;
    private int count;
    private long firstLineIndex;
    private long number;
    private Checkpoint end = new Checkpoint(0, 0);

    RecordBatch(int mostRecords, int mostBytes) {
        this.mostBytes = mostBytes;
        this.ends = new int[mostRecords];
        this.bytes = new byte[mostBytes];
    }

    /** @param batchNumber counts the batches of a build, from 0 */
    void begin(long lineIndex, long batchNumber) {
        firstLineIndex = lineIndex;
        number = batchNumber;
        count = 0;
        heads.clear();
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Whether a line of this length may be added. A single line may be longer than the batch should be. */
    boolean hasRoomFor(int length) {
        return count == 0 || (count < ends.length && length <= mostBytes - size());
    }

    void add(LineBatch lines, int i) {
        int length = lines.length(i);
        int size = size();
        if (bytes.length - size < length) {
            bytes = Arrays.copyOf(bytes, size + length);
        }
        System.arraycopy(lines.bytes(), lines.start(i), bytes, size, length);
        ends[count++] = size + length;
    }

    void addHead(LineRecords.Head head) {
        heads.put(count, head);
        ends[count] = size();
        count++;
    }

    /** @param checkpoint what is durable once this batch and all before it are */
    void endAt(Checkpoint checkpoint) {
        end = checkpoint;
    }

    Checkpoint end() {
        return end;
    }

    long number() {
        return number;
    }

    String describe() {
        return "writing line indexes " + firstLineIndex + " to " + (firstLineIndex + count - 1);
    }

    List<BatchRecord> toRecords(LineRecords records, BatchWritePolicy policy) {
        List<BatchRecord> writes = new ArrayList<>(count);
        int start = 0;
        for (int i = 0; i < count; i++) {
            LineRecords.Head head = heads.isEmpty() ? null : heads.get(i);
            Bin bin = head == null
                    ? new Bin(records.bin, Value.get(bytes, start, ends[i] - start))
                    : new Bin(records.headBin, head.toValue());
            Operation[] put = {Operation.put(bin)};
            writes.add(new BatchWrite(policy, records.line(firstLineIndex + i), put));
            start = ends[i];
        }
        return writes;
    }

    private int size() {
        return count == 0 ? 0 : ends[count - 1];
    }
}
