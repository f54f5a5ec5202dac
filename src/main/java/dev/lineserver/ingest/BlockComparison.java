package dev.lineserver.ingest;

import java.util.Arrays;

import dev.lineserver.ingest.Verification.Verdict;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/**
 * Compares all lines from one on. The bytes of a batch are compared with those of the version as a whole; only if they
 * differ, the line with the first different byte is determined, and both sides go on behind their own terminators. Thus
 * both sides are always at the same line, at the same distance from its beginning.
 */
final class BlockComparison implements LineComparison {
    private final Snapshot snapshot;
    private final long first;
    private final FoundDifferences differences;
    private final int blockBytes;
    private StoredLines stored;
    private long next;

    /**
     * @param first index of the first line to compare; it need not exist
     * @param blockBytes size of the blocks in which the version is read
     */
    BlockComparison(Snapshot snapshot, long first, FoundDifferences differences, int blockBytes) {
        this.snapshot = snapshot;
        this.first = first;
        this.differences = differences;
        this.blockBytes = blockBytes;
        stored = open(first);
        next = first;
    }

    private StoredLines open(long lineIndex) {
        long lineCount = snapshot.manifest().lineCount();
        return new StoredLines(snapshot.range(Math.min(lineIndex, lineCount), lineCount), blockBytes);
    }

    @Override
    public void compare(LineBatch batch) throws StoreException, InterruptedException {
        int line = Math.clamp(first - batch.firstLineIndex(), 0, batch.count());
        if (line == batch.count()) {
            return;
        }
        int at = batch.start(line);
        int end = batch.start(0) + batch.byteCount();
        while (at < end && !differences.isFull()) {
            int count = countEqual(batch, at, end);
            at += count;
            if (count == 0) {
                line = lineAt(batch, at, line);
                compareRest(batch, line, at);
                at = batch.end(line) + 1;
            }
        }
        if (at == end && !batch.terminated() && !differences.isFull()) {
            // All bytes of an unterminated line are equal: the stored line may be longer.
            line = batch.count() - 1;
            compareRest(batch, line, at);
        }
        next = batch.firstLineIndex() + (differences.isFull() ? line + 1 : batch.count());
    }

    /** Returns how many bytes are equal, and moves the cursor of the version behind them; 0 also if it cannot be moved. */
    private int countEqual(LineBatch batch, int at, int end) throws StoreException, InterruptedException {
        try {
            if (!stored.load()) {
                return 0;
            }
        } catch (LineDamagedException e) {
            return 0;
        }
        int equal = stored.countEqual(batch.bytes(), at, Math.min(end - at, stored.loaded()));
        stored.advance(equal);
        return equal;
    }

    /** Returns the number in the batch of the line with a position; its terminator is part of it. */
    private static int lineAt(LineBatch batch, int at, int from) {
        int first = batch.firstEnd();
        int found = Arrays.binarySearch(batch.ends(), first + from, first + batch.count(), at);
        return Math.min((found < 0 ? -found - 1 : found) - first, batch.count() - 1);
    }

    /** Compares a line that is equal up to a position, and moves the cursor of the version behind it. */
    private void compareRest(LineBatch batch, int line, int at) throws StoreException, InterruptedException {
        long lineIndex = batch.firstLineIndex() + line;
        long lineCount = snapshot.manifest().lineCount();
        if (lineIndex >= lineCount) {
            differences.add(
                    lineIndex, Verdict.MISSING, "the version has " + Quantities.counted(lineCount, "line", "lines"));
            return;
        }
        try {
            // The last line of the version may end without a terminator.
            boolean same = at == batch.end(line) && (!stored.load() || stored.current() == '\n');
            stored.skipLine();
            if (!same) {
                differences.addDiffering(lineIndex, at - batch.start(line));
            }
        } catch (LineDamagedException e) {
            differences.add(lineIndex, Verdict.DAMAGED, e.getMessage());
            stored.close();
            stored = open(lineIndex + 1);
        }
    }

    @Override
    public void finish(long sourceLineCount) {
        long lineCount = snapshot.manifest().lineCount();
        for (long i = Math.max(sourceLineCount, first); i < lineCount && !differences.isFull(); i++) {
            differences.add(i, Verdict.EXTRA, "the file has " + Quantities.counted(sourceLineCount, "line", "lines"));
        }
    }

    @Override
    public long compared() {
        return next - first;
    }

    @Override
    public void close() {
        stored.close();
    }
}
