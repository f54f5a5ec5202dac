package dev.lineserver.store.aerospike;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.listener.RecordListener;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;

/** A line that did not fit one record. */
final class PartedLine implements LineParts {
    private final AerospikeSnapshot snapshot;
    private final long lineIndex;
    private final LineRecords.Head head;

    PartedLine(AerospikeSnapshot snapshot, long lineIndex, LineRecords.Head head) {
        this.snapshot = snapshot;
        this.lineIndex = lineIndex;
        this.head = head;
    }

    @Override
    public long length() {
        return head.length();
    }

    @Override
    public int count() {
        return head.parts();
    }

    @Override
    public CompletionStage<byte[]> read(int part) {
        PartRead read = new PartRead(part);
        snapshot.reads().read(snapshot.records().part(lineIndex, part), read);
        return read;
    }

    /** All parts put together, one after the other. For lines short enough to be held whole. */
    CompletableFuture<byte[]> whole() {
        return append(new byte[head.length()], 0);
    }

    private CompletableFuture<byte[]> append(byte[] line, int part) {
        if (part == head.parts()) {
            return CompletableFuture.completedFuture(line);
        }
        return read(part).toCompletableFuture().thenCompose(bytes -> {
            System.arraycopy(bytes, 0, line, part * head.partBytes(), bytes.length);
            return append(line, part + 1);
        });
    }

    private final class PartRead extends CompletableFuture<byte[]> implements RecordListener {
        private final int part;

        private PartRead(int part) {
            this.part = part;
        }

        @Override
        public void onSuccess(Key key, @Nullable Record record) {
            byte[] bytes = record == null ? null : snapshot.records().bytes(record);
            if (bytes == null || bytes.length != head.partLength(part)) {
                snapshot.conclude(
                        this,
                        () -> completeExceptionally(new LineDamagedException("part " + part + " of " + count() + " of "
                                + snapshot.describe(lineIndex) + " is missing or damaged: ingest the file again")));
            } else {
                complete(bytes);
            }
        }

        @Override
        public void onFailure(AerospikeException failure) {
            completeExceptionally(
                    ClusterFailures.of(failure, "reading part " + part + " of " + snapshot.describe(lineIndex)));
        }
    }
}
