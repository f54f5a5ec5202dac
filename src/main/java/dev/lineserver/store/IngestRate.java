package dev.lineserver.store;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The largest rate at which an ingest passes lines to a store.
 *
 * @param perSecond number of lines or bytes per second, at least 1
 * @param inBytes true if {@code perSecond} counts bytes, terminators included; false if it counts lines
 */
public record IngestRate(long perSecond, boolean inBytes) {
    /** So few digits that no unit makes the product exceed a long. */
    private static final Pattern FORM =
            Pattern.compile("(?<number>0*[1-9][0-9]{0,8})(?<unit>[kmg]i?b)?", Pattern.CASE_INSENSITIVE);

    private static final String PREFIXES = "kmg";

    /** Checks the rate. */
    public IngestRate {
        if (perSecond < 1) {
            throw new IllegalArgumentException(perSecond + " is below 1");
        }
    }

    /**
     * Parses {@code 50000}, which is in lines, or {@code 500kB}, {@code 20MB} or {@code 20MiB}, which are in bytes. A unit
     * may be in upper or lower case.
     *
     * @throws IllegalArgumentException if {@code text} is none of these
     */
    public static IngestRate parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a rate: use lines per second, such as 50000,"
                    + " or bytes per second, such as 500kB, 20MB or 20MiB");
        }
        long number = Long.parseLong(parts.group("number"));
        String unit = parts.group("unit");
        if (unit == null) {
            return new IngestRate(number, false);
        }
        int base = unit.length() == "kib".length() ? 1024 : 1000;
        int prefix = PREFIXES.indexOf(unit.toLowerCase(Locale.ROOT).charAt(0));
        for (int i = 0; i <= prefix; i++) {
            number *= base;
        }
        return new IngestRate(number, true);
    }
}
