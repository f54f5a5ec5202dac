package dev.lineserver.store;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of several processes that store a version together.
 *
 * @param number from 1 to {@code count}
 * @param count number of processes, from 1 to {@link #MAX_COUNT}
 */
public record IngestPart(int number, int count) {
    /** Each part has an entry in the registry of the store. */
    public static final int MAX_COUNT = 64;

    private static final Pattern FORM = Pattern.compile("([0-9]{1,3})/([0-9]{1,3})");

    /** Checks the numbers. */
    public IngestPart {
        if (count < 1 || count > MAX_COUNT || number < 1 || number > count) {
            throw invalid(number + "/" + count);
        }
    }

    /**
     * Parses the result of {@link #toString}.
     *
     * @throws IllegalArgumentException if the text is no part
     */
    public static IngestPart parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw invalid(text);
        }
        return new IngestPart(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2)));
    }

    private static IllegalArgumentException invalid(String text) {
        return new IllegalArgumentException(
                "'" + text + "' is not a part I of N, such as 2/3, with N up to " + MAX_COUNT);
    }

    /** Returns the number and the count, such as {@code 2/3}. */
    @Override
    public String toString() {
        return number + "/" + count;
    }
}
