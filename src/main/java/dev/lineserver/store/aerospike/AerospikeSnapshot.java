package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import com.aerospike.client.Record;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.LineSet;

/**
 * Reads the lines of one version from its set. A lookup is one read of one record:
 *
 * <pre>
 *   record has the bin of lines        Found
 *   record has the bin of headers      FoundInParts: each part is one more read
 *   no record, or other bins only      Damaged if {@link MissingRecords} confirms that it is lost,
 *                                      StoreUnavailableException otherwise
 * </pre>
 */
final class AerospikeSnapshot implements Snapshot {
    private static final System.Logger LOG = System.getLogger(AerospikeSnapshot.class.getName());

    private final AerospikeStore store;
    private final Manifest manifest;
    private final LineSet set;
    private final LineRecords records;
    private final MissingRecords missing;
    private volatile boolean closed;

    AerospikeSnapshot(
            AerospikeStore store, Manifest manifest, LineSet set, LineRecords records, MissingRecords missing) {
        this.store = store;
        this.manifest = manifest;
        this.set = set;
        this.records = records;
        this.missing = missing;
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
        if (closed) {
            return closedFailure();
        }
        return store.reader
                .read(records.lineRequest(lineIndex), () -> describe(lineIndex))
                .thenCompose(record -> {
                    Lookup lookup = toLookup(lineIndex, record, records.lineValue(record, lineIndex));
                    return lookup instanceof Lookup.Damaged
                            ? missing.confirmLoss().thenApply(_ -> lookup)
                            : CompletableFuture.completedFuture(lookup);
                });
    }

    @Override
    public CompletionStage<List<Lookup>> lookupAll(long[] lineIndices) {
        if (closed) {
            return closedFailure();
        }
        List<ReadRequest> requests = new ArrayList<>();
        int end;
        for (int from = 0; from < lineIndices.length; from = end) {
            end = endOfRun(lineIndices, from);
            if (lineIndices[from] < manifest.lineCount()) {
                requests.add(
                        end - from > 1
                                ? new ReadRequest(records.line(lineIndices[from]))
                                : records.lineRequest(lineIndices[from]));
            }
        }
        return store.reader
                .readAll(
                        requests,
                        () -> lineIndices.length + " lines of " + manifest.dataset() + " version " + manifest.version())
                .thenCompose(found -> toLookups(lineIndices, found));
    }

    /** Returns the place after the lines that follow each other in the array and are in the same record. */
    private int endOfRun(long[] lineIndices, int from) {
        int end = from + 1;
        if (records.linesPerRecord > 1 && lineIndices[from] < manifest.lineCount()) {
            long record = lineIndices[from] / records.linesPerRecord;
            while (end < lineIndices.length
                    && lineIndices[end] / records.linesPerRecord == record
                    && lineIndices[end] < manifest.lineCount()) {
                end++;
            }
        }
        return end;
    }

    /** @param found the records, or parts of records, of each run of lines that are not past the end */
    private CompletionStage<List<Lookup>> toLookups(long[] lineIndices, List<@Nullable Record> found) {
        List<Lookup> lookups = new ArrayList<>(lineIndices.length);
        Iterator<@Nullable Record> next = found.iterator();
        boolean damaged = false;
        int end;
        for (int from = 0; from < lineIndices.length; from = end) {
            end = endOfRun(lineIndices, from);
            if (lineIndices[from] >= manifest.lineCount()) {
                lookups.add(new Lookup.PastTheEnd(manifest.lineCount()));
                continue;
            }
            Record record = next.next();
            List<?> whole = end - from > 1 ? records.lineValues(record) : List.of();
            for (int i = from; i < end; i++) {
                int index = records.elementIndex(lineIndices[i]);
                Object line = end - from == 1
                        ? records.lineValue(record, lineIndices[i])
                        : index < whole.size() ? whole.get(index) : null;
                Lookup lookup = toLookup(lineIndices[i], record, line);
                damaged |= lookup instanceof Lookup.Damaged;
                lookups.add(lookup);
            }
        }
        return damaged ? missing.confirmLoss().thenApply(_ -> lookups) : CompletableFuture.completedFuture(lookups);
    }

    @Override
    public int linesPerRead() {
        return records.linesPerRecord;
    }

    private <T> CompletionStage<T> closedFailure() {
        return CompletableFuture.failedFuture(new StoreUnavailableException(
                "version " + manifest.version() + " of " + manifest.dataset() + " is closed"));
    }

    /**
     * @param record that holds the line, or the part that was read of it
     * @param value of the line in that record
     */
    private Lookup toLookup(long lineIndex, @Nullable Record record, @Nullable Object value) {
        if (value instanceof byte[] line) {
            return new Lookup.Found(line);
        }
        LineRecords.LongLineHeader header =
                records.layout.isPacked() ? LineRecords.LongLineHeader.fromElement(value) : LineRecords.header(record);
        return header == null
                ? new Lookup.Damaged((record == null ? "its record is missing" : "its record holds no line")
                        + " (namespace " + records.namespace + ", set " + records.set + ", key "
                        + records.line(lineIndex).userKey + ")")
                : new Lookup.FoundInParts(
                        new LineParts(header.length(), header.parts(), part -> readPart(lineIndex, header, part)));
    }

    private CompletionStage<byte[]> readPart(long lineIndex, LineRecords.LongLineHeader header, int part) {
        String name = "part " + part + " of " + header.parts() + " of " + describe(lineIndex);
        return store.reader
                .read(new ReadRequest(records.part(lineIndex, part)), () -> name)
                .thenCompose(record -> {
                    byte[] bytes = LineRecords.bytes(record);
                    return bytes != null && bytes.length == header.partLength(part)
                            ? CompletableFuture.completedFuture(bytes)
                            : missing.confirmLoss()
                                    .thenCompose(_ -> CompletableFuture.failedFuture(new LineDamagedException(
                                            lineIndex, name + " is missing or damaged: ingest the file again")));
                });
    }

    @Override
    public void keepAlive() {
        try {
            store.versions.hold(set);
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "{0} version {1} could not be held for the requests that still read it: {2}",
                    manifest.dataset(),
                    manifest.version(),
                    e.getMessage());
        }
    }

    private String describe(long lineIndex) {
        return "line index " + lineIndex + " of " + manifest.dataset() + " version " + manifest.version();
    }

    @Override
    public void close() {
        closed = true;
    }
}
