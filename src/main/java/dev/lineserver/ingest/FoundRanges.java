package dev.lineserver.ingest;

import java.util.ArrayList;
import java.util.List;

import dev.lineserver.ingest.VersionDiff.Differences;
import dev.lineserver.ingest.VersionDiff.Range;

/** Collects lines that differ, in ascending order: merges them to ranges, counts all, and keeps the first ones. */
final class FoundRanges {
    private final int limit;
    private final List<Range> first = new ArrayList<>();
    private long rangeCount;
    private long lineCount;
    /** The range that the next line may extend; empty before the first one. */
    private Range last = new Range(0, -1);

    /** @param limit number of ranges to keep, at least 0 */
    FoundRanges(int limit) {
        this.limit = limit;
    }

    void add(long lineIndex) {
        add(lineIndex, lineIndex);
    }

    void add(long from, long to) {
        if (last.count() > 0 && last.last() + 1 == from) {
            last = new Range(last.first(), to);
        } else {
            completeRange();
            last = new Range(from, to);
        }
    }

    private void completeRange() {
        if (last.count() > 0) {
            rangeCount++;
            lineCount += last.count();
            if (first.size() < limit) {
                first.add(last);
            }
        }
    }

    /** Ends the last range, and returns all. Called once. */
    Differences differences(boolean equal) {
        completeRange();
        return new Differences(equal, List.copyOf(first), rangeCount, lineCount);
    }
}
