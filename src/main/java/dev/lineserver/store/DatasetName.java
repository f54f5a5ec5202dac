package dev.lineserver.store;

import java.util.regex.Pattern;

/**
 * The name of a dataset: 1 to 32 characters from {@code a-z}, {@code 0-9} and {@code -}. The first is not a hyphen.
 *
 * @param value the name
 */
public record DatasetName(String value) {
    private static final Pattern ALLOWED = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    /** The dataset that commands and requests use if they name none. */
    public static final DatasetName DEFAULT = new DatasetName("default");

    /** @throws IllegalArgumentException if {@code value} is not a dataset name; the message defines one */
    public DatasetName {
        if (!isValid(value)) {
            throw new IllegalArgumentException("'" + value + "' is not a dataset name: use 1 to 32 characters from a-z,"
                    + " 0-9 and '-', and do not begin with '-'");
        }
    }

    /** Returns true if {@code value} can be the name of a dataset. */
    public static boolean isValid(String value) {
        return ALLOWED.matcher(value).matches();
    }

    @Override
    public String toString() {
        return value;
    }
}
