package dev.lineserver.store.aerospike;

import java.util.concurrent.CompletableFuture;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.listener.RecordListener;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;
import dev.lineserver.store.Lookup;

/** One lookup under way: what the caller waits on and what the client reports to, in one object. */
final class LineLookup extends CompletableFuture<Lookup> implements RecordListener {
    private final AerospikeSnapshot snapshot;
    private final long lineIndex;

    LineLookup(AerospikeSnapshot snapshot, long lineIndex) {
        this.snapshot = snapshot;
        this.lineIndex = lineIndex;
    }

    long lineIndex() {
        return lineIndex;
    }

    @Override
    public void onSuccess(Key key, @Nullable Record record) {
        byte[] line = record == null ? null : snapshot.records().bytes(record);
        if (line != null) {
            complete(new Lookup.Found(line));
            return;
        }
        LineRecords.Head head = record == null ? null : snapshot.records().head(record);
        if (head == null) {
            snapshot.notFound(this, record == null ? "its record is missing" : "its record belongs to another version");
            return;
        }
        PartedLine parted = new PartedLine(snapshot, lineIndex, head);
        if (head.length() > Limits.WHOLE_LINE_BYTES) {
            complete(new Lookup.FoundInParts(parted));
        } else {
            CompletableFuture<?> _ = parted.whole().whenComplete(this::completeWhole);
        }
    }

    private void completeWhole(byte @Nullable [] line, @Nullable Throwable failure) {
        if (failure != null) {
            completeExceptionally(PartedLine.cause(failure));
        } else if (line != null) {
            complete(new Lookup.Found(line));
        }
    }

    @Override
    public void onFailure(AerospikeException failure) {
        completeExceptionally(Failures.of(failure, "reading " + snapshot.describe(lineIndex)));
    }
}
