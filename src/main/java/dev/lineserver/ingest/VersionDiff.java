package dev.lineserver.ingest;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.Await;
import dev.lineserver.store.Content;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/**
 * Compares two versions line by line: line n of one with line n of the other. Lines that a store knows to be equal are
 * not read. The calling thread waits for the lookups. An instance compares once.
 */
public final class VersionDiff {
    /** Maximum number of lookups in flight in each version. It hides the latency of a network. */
    private static final int LOOKUPS_AHEAD = 128;

    private final Snapshot left;
    private final Snapshot right;
    private final LineNumbers lineNumbers;
    private final Progress progress;

    private final int shown;
    private final List<Range> ranges = new ArrayList<>();
    private long rangeCount;
    private long lineCount;
    /** The range that the next difference may extend; empty before the first one. */
    private Range last = new Range(0, -1);

    /**
     * Consecutive lines, each of which differs or exists in only one of the versions.
     *
     * @param first 0-based index of the first line
     * @param last 0-based index of the last line
     */
    public record Range(long first, long last) {
        long count() {
            return last - first + 1;
        }
    }

    /**
     * The result of a comparison.
     *
     * @param equal true if both versions have the same bytes
     * @param ranges the first ranges of lines that differ, in ascending order; no two are adjacent
     * @param rangeCount number of all such ranges
     * @param lineCount number of lines in all such ranges; 0 although the versions are not equal if only one of them has a
     *     terminator after its last line
     */
    public record Differences(boolean equal, List<Range> ranges, long rangeCount, long lineCount) {}

    /** The lookups of one line. */
    private record Pending(long lineIndex, CompletionStage<Lookup> left, CompletionStage<Lookup> right) {}

    /**
     * Creates a comparison of two snapshots of the same store.
     *
     * @param lineNumbers numbers the lines in messages
     * @param shown number of ranges to return, at least 0
     * @param progress called on the thread that calls {@link #compare}
     */
    public VersionDiff(Snapshot left, Snapshot right, LineNumbers lineNumbers, int shown, Progress progress) {
        this.left = left;
        this.right = right;
        this.lineNumbers = lineNumbers;
        this.shown = shown;
        this.progress = progress;
    }

    /**
     * Compares the versions.
     *
     * @throws StoreFailedException if a line of either version is damaged
     */
    public Differences compare() throws StoreException, InterruptedException {
        Content leftContent = left.manifest().content();
        Content rightContent = right.manifest().content();
        boolean equal = leftContent.equals(rightContent);
        if (!equal) {
            long common = Math.min(leftContent.lineCount(), rightContent.lineCount());
            compareLines(common);
            long most = Math.max(leftContent.lineCount(), rightContent.lineCount());
            if (most > common) {
                addDifference(common, most - 1);
            }
            completeRange();
        }
        return new Differences(equal, List.copyOf(ranges), rangeCount, lineCount);
    }

    /** @param end index of the first line that does not exist in both versions */
    private void compareLines(long end) throws StoreException, InterruptedException {
        Queue<Pending> inFlight = new ArrayDeque<>(LOOKUPS_AHEAD);
        long next = skipEqual(0, end);
        while (next < end || !inFlight.isEmpty()) {
            while (next < end && inFlight.size() < LOOKUPS_AHEAD) {
                inFlight.add(new Pending(next, left.lookup(next), right.lookup(next)));
                next = skipEqual(next + 1, end);
            }
            // In the order of the lines, whichever lookup completes first.
            Pending line = inFlight.remove();
            if (!sameBytes(bytes(left, line.lineIndex(), line.left()), bytes(right, line.lineIndex(), line.right()))) {
                addDifference(line.lineIndex(), line.lineIndex());
            }
            report(line.lineIndex() + 1);
        }
    }

    /** Finds the next line to read. The stores answer from memory, so this costs less than the read of a line. */
    private long skipEqual(long lineIndex, long end) throws StoreException {
        return lineIndex >= end ? end : Math.min(end, left.skipEqualLines(right, lineIndex));
    }

    private void report(long lines) {
        long bytes = left.manifest().byteCount();
        double share = (double) lines / left.manifest().lineCount();
        progress.update((long) (bytes * share), bytes, lines);
    }

    private LineParts bytes(Snapshot version, long lineIndex, CompletionStage<Lookup> lookup)
            throws StoreException, InterruptedException {
        return switch (Await.result(lookup)) {
            case Lookup.Found(byte[] line) ->
                new LineParts(line.length, 1, _ -> CompletableFuture.completedFuture(line));
            case Lookup.FoundInParts(LineParts parts) -> parts;
            case Lookup.PastTheEnd _ -> throw new IllegalStateException("a line below the line count is past the end");
            case Lookup.Damaged(String detail) ->
                throw new StoreFailedException("line " + lineNumbers.number(lineIndex) + " of version "
                        + version.manifest().version() + " is damaged: " + detail);
        };
    }

    /** Compares two lines, whose parts may have different lengths. */
    private static boolean sameBytes(LineParts left, LineParts right) throws StoreException, InterruptedException {
        if (left.length() != right.length()) {
            return false;
        }
        byte[] l = {};
        byte[] r = {};
        int leftAt = 0;
        int rightAt = 0;
        int leftPart = 0;
        int rightPart = 0;
        for (long compared = 0; compared < left.length(); ) {
            if (leftAt == l.length) {
                l = Await.result(left.read(leftPart++));
                leftAt = 0;
            }
            if (rightAt == r.length) {
                r = Await.result(right.read(rightPart++));
                rightAt = 0;
            }
            int count = Math.min(l.length - leftAt, r.length - rightAt);
            if (!Arrays.equals(l, leftAt, leftAt + count, r, rightAt, rightAt + count)) {
                return false;
            }
            leftAt += count;
            rightAt += count;
            compared += count;
        }
        return true;
    }

    private void addDifference(long first, long lastLine) {
        if (last.count() > 0 && last.last() + 1 == first) {
            last = new Range(last.first(), lastLine);
        } else {
            completeRange();
            last = new Range(first, lastLine);
        }
    }

    private void completeRange() {
        if (last.count() > 0) {
            rangeCount++;
            lineCount += last.count();
            if (ranges.size() < shown) {
                ranges.add(last);
            }
        }
    }
}
