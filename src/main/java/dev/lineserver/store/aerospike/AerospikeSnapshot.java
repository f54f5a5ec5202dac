package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.listener.RecordListener;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/** A version in its set. */
final class AerospikeSnapshot implements Snapshot {
    private static final System.Logger LOG = System.getLogger(AerospikeSnapshot.class.getName());

    private final Manifest manifest;
    private final LineRecords records;
    private final RecordReads reads;
    private final RegistryRecord registry;
    private final AtomicBoolean damageReported = new AtomicBoolean();

    AerospikeSnapshot(Manifest manifest, LineRecords records, RecordReads reads, RegistryRecord registry) {
        this.manifest = manifest;
        this.records = records;
        this.reads = reads;
        this.registry = registry;
    }

    @Override
    public Manifest manifest() {
        return manifest;
    }

    @Override
    public CompletionStage<Lookup> lookup(long lineIndex) {
        if (lineIndex >= manifest.lineCount()) {
            return CompletableFuture.completedFuture(new Lookup.PastTheEnd(manifest.lineCount()));
        }
        LineLookup lookup = new LineLookup(this, lineIndex);
        reads.read(records.line(lineIndex), lookup);
        return lookup;
    }

    /** Reads the last line, which is only there where the version is. */
    @Override
    public void check() throws StoreException {
        if (manifest.lineCount() == 0) {
            registry.read();
            return;
        }
        long last = manifest.lineCount() - 1;
        try {
            Lookup found = lookup(last).toCompletableFuture().get();
            if (found instanceof Lookup.Damaged(String what)) {
                throw new StoreFailedException(describe(last) + " cannot be read: " + what + ". Ingest the file again");
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof StoreException failure
                    ? failure
                    : new StoreUnavailableException("reading " + describe(last) + " failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException("reading " + describe(last) + " was interrupted", e);
        }
    }

    LineRecords records() {
        return records;
    }

    RecordReads reads() {
        return reads;
    }

    String describe(long lineIndex) {
        return "line index " + lineIndex + " of " + manifest.dataset() + " version " + manifest.version();
    }

    /**
     * Tells a lost line from a version that was replaced or dropped and has given its space back. Where the registry is
     * gone as well, all was lost: a store that was emptied properly has one.
     */
    void notFound(LineLookup lookup, String what) {
        reads.readRegistry(new RecordListener() {
            @Override
            public void onSuccess(Key key, @Nullable Record record) {
                conclude(lookup, what, record);
            }

            @Override
            public void onFailure(AerospikeException failure) {
                lookup.onFailure(failure);
            }
        });
    }

    private void conclude(LineLookup lookup, String what, @Nullable Record record) {
        try {
            if (record == null || stillOurs(RegistryRecord.of(record).sets().get(records.set))) {
                reportDamage();
                lookup.complete(new Lookup.Damaged(what + " (namespace " + records.namespace + ", set " + records.set
                        + ", key " + lookup.lineIndex() + ")"));
            } else {
                lookup.completeExceptionally(new StoreUnavailableException("version " + manifest.version() + " of "
                        + manifest.dataset() + " has been replaced or dropped: ask again for the newest"));
            }
        } catch (StoreException e) {
            lookup.completeExceptionally(e);
        }
    }

    private boolean stillOurs(@Nullable LineSet set) {
        return set != null
                && set.holds(manifest.dataset().value(), manifest.version())
                && set.bin().equals(records.bin);
    }

    void reportDamage() {
        if (damageReported.compareAndSet(false, true)) {
            LOG.log(
                    Level.ERROR,
                    "lines of {0} version {1} are missing from set {2} of namespace {3}: data was lost, ingest the"
                            + " file again. Said once per version; every such request is counted",
                    manifest.dataset(),
                    manifest.version(),
                    records.set,
                    records.namespace);
        }
    }

    @Override
    public void close() {}
}
