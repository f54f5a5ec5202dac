import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import com.aerospike.client.AerospikeClient;
import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Bin;
import com.aerospike.client.Key;
import com.aerospike.client.Operation;
import com.aerospike.client.ResultCode;
import com.aerospike.client.policy.BatchPolicy;
import com.aerospike.client.policy.BatchWritePolicy;

/**
 * Writes lines with the bare Aerospike client, for comparison with Line Server's ingest: in batches of 5,000 lines, with
 * several batches in flight. Checks every result, but has no digest, no checkpoint and no retry.
 *
 * <p>{@code RawWriter FILE PORT SET [IN_FLIGHT]}.
 */
final class RawWriter {
    private static final String NAMESPACE = "lines";
    private static final String BIN = "l";
    private static final int BATCH_LINES = 5_000;
    private static final int IN_FLIGHT = 4;
    private static final int BLOCK_BYTES = 1 << 18;

    private final AerospikeClient client;
    private final String set;
    private final int inFlight;
    private final Semaphore permits;
    private final ExecutorService senders;
    private final BatchPolicy policy = new BatchPolicy();
    private final BatchWritePolicy write = new BatchWritePolicy();
    private final AtomicLong failed = new AtomicLong();
    private List<BatchRecord> batch = new ArrayList<>(BATCH_LINES);
    private long lineNumber;

    private RawWriter(AerospikeClient client, String set, int inFlight) {
        this.client = client;
        this.set = set;
        this.inFlight = inFlight;
        permits = new Semaphore(inFlight);
        senders = Executors.newFixedThreadPool(inFlight);
        policy.totalTimeout = 10_000;
        policy.socketTimeout = 10_000;
        policy.allowInlineSSD = true;
    }

    public static void main(String[] args) throws Exception {
        try (AerospikeClient client = new AerospikeClient("127.0.0.1", Integer.parseInt(args[1]))) {
            int inFlight = args.length > 3 ? Integer.parseInt(args[3]) : IN_FLIGHT;
            new RawWriter(client, args[2], inFlight).write(Path.of(args[0]));
        }
    }

    private void write(Path file) throws IOException, InterruptedException {
        long from = System.nanoTime();
        try (InputStream text = Files.newInputStream(file)) {
            split(text);
        }
        if (!batch.isEmpty()) {
            send();
        }
        permits.acquire(inFlight);
        senders.shutdown();
        senders.awaitTermination(1, TimeUnit.MINUTES);
        double seconds = (System.nanoTime() - from) / 1e9;
        System.out.printf("%d lines in %.3f s, %.0f lines/s%n", lineNumber, seconds, lineNumber / seconds);
        if (failed.get() > 0) {
            throw new IOException(failed + " records were not written");
        }
    }

    private void split(InputStream text) throws IOException, InterruptedException {
        byte[] carried = new byte[0];
        byte[] block = new byte[BLOCK_BYTES];
        for (int read; (read = text.read(block)) > 0; ) {
            int start = 0;
            for (int at = 0; at < read; at++) {
                if (block[at] == '\n') {
                    add(join(carried, block, start, at));
                    carried = new byte[0];
                    start = at + 1;
                }
            }
            carried = join(carried, block, start, read);
        }
        if (carried.length > 0) {
            add(carried);
        }
    }

    private static byte[] join(byte[] head, byte[] block, int from, int to) {
        if (head.length == 0) {
            return Arrays.copyOfRange(block, from, to);
        }
        byte[] whole = Arrays.copyOf(head, head.length + to - from);
        System.arraycopy(block, from, whole, head.length, to - from);
        return whole;
    }

    private void add(byte[] line) throws InterruptedException {
        Key key = new Key(NAMESPACE, set, ++lineNumber);
        batch.add(new BatchWrite(write, key, Operation.array(Operation.put(new Bin(BIN, line)))));
        if (batch.size() == BATCH_LINES) {
            send();
        }
    }

    private void send() throws InterruptedException {
        List<BatchRecord> full = batch;
        batch = new ArrayList<>(BATCH_LINES);
        permits.acquire();
        senders.execute(() -> {
            try {
                client.operate(policy, full);
                failed.addAndGet(
                        full.stream().filter(r -> r.resultCode != ResultCode.OK).count());
            } catch (RuntimeException e) {
                failed.addAndGet(full.size());
                e.printStackTrace();
            } finally {
                permits.release();
            }
        });
    }
}
