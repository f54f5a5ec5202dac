package dev.lineserver.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

import dev.lineserver.ingest.Verification.Difference;
import dev.lineserver.ingest.Verification.Verdict;

/** Collects differences up to a limit. */
final class FoundDifferences {
    private final int limit;
    private final List<Difference> found = new ArrayList<>();

    FoundDifferences(int limit) {
        this.limit = limit;
    }

    void add(long lineIndex, Verdict verdict, String detail) {
        found.add(new Difference(OptionalLong.of(lineIndex), verdict, detail));
    }

    /** @param offset offset in the line of the first byte that differs */
    void addDiffering(long lineIndex, long offset) {
        add(lineIndex, Verdict.DIFFERS, "from byte " + (offset + 1) + " on");
    }

    /** Adds a difference of the contents as a whole. */
    void add(Verdict verdict, String detail) {
        found.add(new Difference(OptionalLong.empty(), verdict, detail));
    }

    /** True if no more differences are wanted. */
    boolean isFull() {
        return found.size() >= limit;
    }

    List<Difference> list() {
        return List.copyOf(found);
    }
}
