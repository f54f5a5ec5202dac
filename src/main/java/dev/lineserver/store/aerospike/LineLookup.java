package dev.lineserver.store.aerospike;

import java.util.concurrent.CompletableFuture;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.listener.RecordListener;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreException;

/** One lookup in progress: the caller's future and the client's listener in one object. */
final class LineLookup extends CompletableFuture<Lookup> implements RecordListener {
    private final AerospikeSnapshot snapshot;
    private final long lineIndex;

    LineLookup(AerospikeSnapshot snapshot, long lineIndex) {
        this.snapshot = snapshot;
        this.lineIndex = lineIndex;
    }

    @Override
    public void onSuccess(Key key, @Nullable Record record) {
        LineRecords records = snapshot.records();
        byte[] line = record == null ? null : records.bytes(record);
        if (line != null) {
            complete(new Lookup.Found(line));
            return;
        }
        LineRecords.Head head = record == null ? null : records.head(record);
        if (head == null) {
            String what = (record == null ? "its record is missing" : "its record belongs to another version")
                    + " (namespace " + records.namespace + ", set " + records.set + ", key " + lineIndex + ")";
            snapshot.conclude(this, () -> complete(new Lookup.Damaged(what)));
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
        if (line != null) {
            complete(new Lookup.Found(line));
        } else if (failure != null && StoreException.causeOf(failure) instanceof LineDamagedException damage) {
            complete(new Lookup.Damaged(damage.getMessage()));
        } else if (failure != null) {
            completeExceptionally(StoreException.causeOf(failure));
        }
    }

    @Override
    public void onFailure(AerospikeException failure) {
        completeExceptionally(ClusterFailures.of(failure, "reading " + snapshot.describe(lineIndex)));
    }
}
