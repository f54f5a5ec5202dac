package dev.lineserver.store;

import java.util.Locale;

/**
 * Formats numbers for people. Counts in messages of commands are {@link #grouped}; numbers that people copy, such as those of
 * lines and versions, are not, nor is what programs read: JSON, the log and the answers of HTTP.
 */
public final class Quantities {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    /** The least value that one decimal would print as 1024.0; it is printed in the next unit. */
    private static final double ROUNDED_TO_1024 = 1023.95;

    private Quantities() {}

    /** Formats a count: {@code 175,000}. */
    public static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** Formats a count with the words that follow it: {@code 1 line} or {@code 175,000 lines}. */
    public static String counted(long count, String one, String several) {
        return grouped(count) + " " + (count == 1 ? one : several);
    }

    /** Formats a count that programs read, with the words that follow it: {@code 1 line} or {@code 175000 lines}. */
    public static String ungrouped(long count, String one, String several) {
        return count + " " + (count == 1 ? one : several);
    }

    /** Formats a length in bytes: {@code 1.5 KiB}. */
    public static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= ROUNDED_TO_1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }

    /** Formats a measured duration in seconds: {@code 0.31 s}. */
    public static String seconds(double seconds) {
        return String.format(Locale.ROOT, seconds < 10 ? "%.2f s" : "%.0f s", seconds);
    }

    /** Formats an estimated duration, in the unit in which it has two or three digits. */
    public static String coarse(double seconds) {
        if (seconds < 120) {
            return String.format(Locale.ROOT, "%.0f s", seconds);
        }
        double minutes = seconds / 60;
        return minutes < 120
                ? String.format(Locale.ROOT, "%.0f min", minutes)
                : String.format(Locale.ROOT, "%.1f h", minutes / 60);
    }
}
