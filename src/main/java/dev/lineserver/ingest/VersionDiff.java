package dev.lineserver.ingest;

import java.util.List;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.line.Newlines;
import dev.lineserver.store.Content;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/**
 * Compares two versions line by line: line n of one with line n of the other. Lines that a store knows to be equal are
 * not read; all others are read and compared in blocks, which are split into lines only where they differ. An instance
 * compares once.
 */
public final class VersionDiff {
    /** Number of lines after which a run of lines to read is searched for a line that need not be read. */
    private static final int STRIDE = 128;

    /**
     * Maximum number of lines that are searched before they are read. The number begins with {@link #STRIDE} and doubles,
     * so that a store that reads ahead is seldom interrupted by the end of a run.
     */
    private static final int MAX_WINDOW = 1 << 20;

    private final Snapshot left;
    private final Snapshot right;
    private final LineNumbers lineNumbers;
    private final Progress progress;

    private final int blockBytes;
    private final FoundRanges ranges;
    private int[] newlines = {};

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

    /**
     * Creates a comparison of two snapshots of the same store.
     *
     * @param lineNumbers numbers the lines in messages
     * @param shown number of ranges to return, at least 0
     * @param progress called on the thread that calls {@link #compare}
     */
    public VersionDiff(Snapshot left, Snapshot right, LineNumbers lineNumbers, int shown, Progress progress) {
        this(left, right, lineNumbers, shown, StoredLines.BLOCK_BYTES, progress);
    }

    /** @param blockBytes size of the blocks in which the versions are read */
    VersionDiff(Snapshot left, Snapshot right, LineNumbers lineNumbers, int shown, int blockBytes, Progress progress) {
        this.left = left;
        this.right = right;
        this.lineNumbers = lineNumbers;
        ranges = new FoundRanges(shown);
        this.blockBytes = blockBytes;
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
                ranges.add(common, most - 1);
            }
        }
        return ranges.differences(equal);
    }

    /** @param end index of the first line that does not exist in both versions */
    private void compareLines(long end) throws StoreException, InterruptedException {
        int window = STRIDE;
        for (long next = skipEqual(0, end); next < end; ) {
            long to = findRunEnd(next, Math.min(end, next + window), end);
            try (StoredLines l = new StoredLines(left.range(next, to), blockBytes);
                    StoredLines r = new StoredLines(right.range(next, to), blockBytes)) {
                compareRun(l, r, next);
            }
            window = Math.min(window * 2, MAX_WINDOW);
            next = skipEqual(to, end);
            report(next);
        }
    }

    /** Finds the next line to read. The stores answer from memory. */
    private long skipEqual(long lineIndex, long end) throws StoreException {
        return lineIndex >= end ? end : Math.min(end, left.skipEqualLines(right, lineIndex));
    }

    /**
     * Returns the end of a run of lines to read: the first line that need not be read, as far as a search in strides finds
     * it, or {@code runEnd}.
     */
    private long findRunEnd(long first, long runEnd, long end) throws StoreException {
        for (long read = first; read < runEnd; ) {
            long probed = Math.min(read + STRIDE, runEnd);
            if (skipEqual(probed, end) > probed) {
                return findSkip(read, probed);
            }
            read = probed;
        }
        return runEnd;
    }

    /**
     * Returns the first line from which on lines need not be read.
     *
     * @param read a line that must be read
     * @param skipped a line that need not be read
     */
    private long findSkip(long read, long skipped) throws StoreException {
        long low = read;
        long high = skipped;
        while (high - low > 1) {
            long middle = (low + high) >>> 1;
            if (skipEqual(middle, skipped) > middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return high;
    }

    /**
     * Compares a run of lines. Both cursors are always at the same line, at the same distance from its beginning: after a
     * difference, each goes on behind its own terminator.
     */
    private void compareRun(StoredLines l, StoredLines r, long first) throws StoreException, InterruptedException {
        long lineIndex = first;
        while (true) {
            boolean leftLoaded = load(left, l);
            boolean rightLoaded = load(right, r);
            if (!leftLoaded || !rightLoaded) {
                compareEnd(leftLoaded ? l : rightLoaded ? r : null, lineIndex);
                return;
            }
            int count = Math.min(l.loaded(), r.loaded());
            int equal = l.countEqual(r.bytes(), r.position(), count);
            lineIndex += countLines(l, equal);
            l.advance(equal);
            r.advance(equal);
            if (equal < count) {
                ranges.add(lineIndex);
                lineIndex++;
                skipLine(left, l);
                skipLine(right, r);
            }
        }
    }

    /**
     * Compares the rest of the last line of a run: only the last line of a version may have no terminator.
     *
     * @param longer the cursor that is not at its end; null if both are
     */
    private void compareEnd(@Nullable StoredLines longer, long lineIndex) {
        if (longer != null && longer.current() != '\n') {
            ranges.add(lineIndex);
        }
    }

    private int countLines(StoredLines lines, int bytes) {
        if (newlines.length < bytes) {
            newlines = new int[bytes];
        }
        return Newlines.find(lines.bytes(), lines.position(), lines.position() + bytes, newlines);
    }

    private boolean load(Snapshot version, StoredLines lines) throws StoreException, InterruptedException {
        try {
            return lines.load();
        } catch (LineDamagedException e) {
            throw damaged(version, e);
        }
    }

    private void skipLine(Snapshot version, StoredLines lines) throws StoreException, InterruptedException {
        try {
            lines.skipLine();
        } catch (LineDamagedException e) {
            throw damaged(version, e);
        }
    }

    private StoreFailedException damaged(Snapshot version, LineDamagedException e) {
        return new StoreFailedException("line " + lineNumbers.number(e.lineIndex()) + " of version "
                + version.manifest().version() + " is damaged: " + e.getMessage());
    }

    private void report(long lines) {
        long bytes = left.manifest().byteCount();
        double share = (double) lines / left.manifest().lineCount();
        progress.update((long) (bytes * share), bytes, lines);
    }
}
