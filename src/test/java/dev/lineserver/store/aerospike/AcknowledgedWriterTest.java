package dev.lineserver.store.aerospike;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Bin;
import com.aerospike.client.Key;
import com.aerospike.client.Operation;
import com.aerospike.client.ResultCode;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Retries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Repeats writes to a scripted cluster that accepts a few records of each attempt. Pauses end at once. */
final class AcknowledgedWriterTest {
    /** The pauses so far, in milliseconds. */
    private final List<Long> pauses = new ArrayList<>();

    private final CountDownLatch recorded = new CountDownLatch(1) {
        @Override
        public boolean await(long timeout, TimeUnit unit) {
            pauses.add(unit.toMillis(timeout));
            return false;
        }
    };

    private static List<BatchRecord> records(int count) {
        return IntStream.range(0, count)
                .<BatchRecord>mapToObj(i -> new BatchWrite(new Key("lines", "a", i), new Operation[] {
                    Operation.put(new Bin("", new byte[] {1}))
                }))
                .toList();
    }

    @Test
    void anAcknowledgedRecordRestartsTheBackoff() throws Exception {
        Queue<Integer> accepted = new ArrayDeque<>(List.of(0, 0, 0, 1, 0, 0, 2, 0, 1));
        AcknowledgedWriter writer = new AcknowledgedWriter(
                AerospikeSettings.WriteLimits.DEFAULT,
                records -> {
                    int count = accepted.remove();
                    for (int i = 0; i < records.size(); i++) {
                        records.get(i).resultCode = i < count ? ResultCode.OK : ResultCode.DEVICE_OVERLOAD;
                    }
                },
                1,
                recorded);

        writer.write(records(4), "writing");

        List<Integer> bounds = List.of(20, 40, 80, 20, 40, 80, 20, 40);
        assertEquals(bounds.size(), pauses.size());
        for (int i = 0; i < bounds.size(); i++) {
            long pause = pauses.get(i);
            assertTrue(bounds.get(i) / 2 <= pause && pause < bounds.get(i), i + ": " + pauses);
        }
        assertEquals(4, writer.acknowledged());
        assertEquals(new Retries(8, 8), writer.retries());
    }
}
