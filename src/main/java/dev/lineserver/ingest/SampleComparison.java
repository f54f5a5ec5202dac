package dev.lineserver.ingest;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;

import dev.lineserver.ingest.Verification.Verdict;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Await;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/** Compares random lines of the version, each once. The same seed chooses the same lines of the same number of lines. */
final class SampleComparison implements LineComparison {
    /** Maximum number of lookups in flight. It hides the latency of a network. */
    private static final int LOOKUPS_AHEAD = 256;

    private final Snapshot snapshot;
    private final FoundDifferences differences;
    private final long[] sample;
    private final Queue<CompletionStage<Lookup>> pending = new ArrayDeque<>(LOOKUPS_AHEAD);
    private int requested;
    private int next;

    SampleComparison(Snapshot snapshot, long lines, long seed, FoundDifferences differences) {
        this.snapshot = snapshot;
        this.differences = differences;
        sample = choose(snapshot.manifest().lineCount(), lines, seed);
    }

    /** Returns line indices, ascending: all of them if there are no more than asked for. */
    static long[] choose(long lineCount, long lines, long seed) {
        return lines >= lineCount
                ? LongStream.range(0, lineCount).toArray()
                : new Random(seed)
                        .longs(0, lineCount)
                        .distinct()
                        .limit(lines)
                        .sorted()
                        .toArray();
    }

    @Override
    public void compare(LineBatch batch) throws StoreException, InterruptedException {
        long end = batch.firstLineIndex() + batch.count();
        for (; next < sample.length && sample[next] < end && !differences.isFull(); next++) {
            while (requested < sample.length && pending.size() < LOOKUPS_AHEAD) {
                pending.add(snapshot.lookup(sample[requested++]));
            }
            compare(batch, (int) (sample[next] - batch.firstLineIndex()), Await.result(pending.remove()));
        }
    }

    private void compare(LineBatch batch, int line, Lookup lookup) throws StoreException, InterruptedException {
        long lineIndex = batch.firstLineIndex() + line;
        switch (lookup) {
            case Lookup.Found(byte[] bytes) -> {
                int at = Arrays.mismatch(batch.bytes(), batch.start(line), batch.end(line), bytes, 0, bytes.length);
                if (at >= 0) {
                    differences.addDiffering(lineIndex, at);
                }
            }
            case Lookup.FoundInParts(LineParts parts) -> {
                try {
                    compareParts(batch, line, parts);
                } catch (LineDamagedException e) {
                    differences.add(lineIndex, Verdict.DAMAGED, e.getMessage());
                }
            }
            case Lookup.PastTheEnd(long lineCount) ->
                throw new IllegalStateException("line index " + lineIndex + " is past the end of " + lineCount);
            case Lookup.Damaged(String detail) -> differences.add(lineIndex, Verdict.DAMAGED, detail);
        }
    }

    private void compareParts(LineBatch batch, int line, LineParts parts) throws StoreException, InterruptedException {
        int at = batch.start(line);
        for (int part = 0; part < parts.count(); part++) {
            byte[] bytes = Await.result(parts.read(part));
            int end = Math.min(batch.end(line), at + bytes.length);
            int mismatch = Arrays.mismatch(batch.bytes(), at, end, bytes, 0, bytes.length);
            if (mismatch >= 0) {
                differences.addDiffering(batch.firstLineIndex() + line, at + mismatch - batch.start(line));
                return;
            }
            at = end;
        }
        if (at < batch.end(line)) {
            differences.addDiffering(batch.firstLineIndex() + line, at - batch.start(line));
        }
    }

    @Override
    public void finish(long sourceLineCount) {
        for (int i = next; i < sample.length && !differences.isFull(); i++) {
            differences.add(
                    sample[i], Verdict.EXTRA, "the file has " + Quantities.counted(sourceLineCount, "line", "lines"));
        }
    }

    @Override
    public long compared() {
        return next;
    }

    /** Waits for the lookups in flight: they use the version. */
    @Override
    public void close() {
        CompletableFuture<Void> answered = CompletableFuture.allOf(
                pending.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new));
        answered.exceptionally(_ -> null).join();
    }
}
