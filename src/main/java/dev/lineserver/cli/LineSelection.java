package dev.lineserver.cli;

import dev.lineserver.config.UsageException;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.line.WholeNumber;

/**
 * Consecutive lines, as an argument of {@code get} selects them. Their line indices depend on the number of lines of the
 * version.
 *
 * @param from index of the first line; for {@link Form#LAST}, the number of lines
 * @param to index of the last line, of {@link Form#RANGE} only
 */
record LineSelection(Form form, long from, long to) {
    /** The form of the argument. */
    enum Form {
        /** {@code N} or {@code A-B}: the lines from one to another. */
        RANGE,
        /** {@code A-}: all lines from one on. */
        FROM,
        /** {@code -N}: the last N lines, or all lines if there are fewer, as in {@code tail}. */
        LAST
    }

    /** Parses an argument. */
    static LineSelection parse(String text, LineNumbers lineNumbers) {
        int hyphen = text.indexOf('-');
        if (hyphen < 0) {
            long lineIndex = index(text, lineNumbers);
            return new LineSelection(Form.RANGE, lineIndex, lineIndex);
        }
        String before = text.substring(0, hyphen);
        String after = text.substring(hyphen + 1);
        if (before.isEmpty()) {
            return new LineSelection(Form.LAST, count(text, after), 0);
        }
        long first = index(before, lineNumbers);
        if (after.isEmpty()) {
            return new LineSelection(Form.FROM, first, 0);
        }
        long last = index(after, lineNumbers);
        if (last < first) {
            throw new UsageException("the range " + text + " ends before it begins");
        }
        return new LineSelection(Form.RANGE, first, last);
    }

    private static long index(String text, LineNumbers lineNumbers) {
        try {
            return lineNumbers.index(text);
        } catch (IllegalArgumentException e) {
            throw new UsageException("'" + text + "': " + e.getMessage());
        }
    }

    private static long count(String text, String digits) {
        long count = WholeNumber.parse(digits);
        if (count < 1) {
            // Elsewhere, an argument that begins so is an option.
            throw new UsageException("'" + text + "' selects no lines: "
                    + (text.startsWith("--")
                            ? "every argument after -- selects lines; give options before it"
                            : "-N is the last N lines, and N is at least 1"));
        }
        return count;
    }

    /** Returns the index of the first line in a version; it may be beyond the end. */
    long first(long lineCount) {
        return form == Form.LAST ? Math.max(0, lineCount - from) : from;
    }

    /** Returns the index after the last line that the version must have, and at least that of its last selected line. */
    long end(long lineCount) {
        return switch (form) {
            case RANGE -> after(to);
            // All lines of an empty version are none.
            case FROM -> from < lineCount || from == 0 ? lineCount : after(from);
            case LAST -> lineCount;
        };
    }

    private static long after(long lineIndex) {
        return lineIndex == Long.MAX_VALUE ? lineIndex : lineIndex + 1;
    }
}
