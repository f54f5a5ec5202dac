package dev.lineserver.store;

import java.util.regex.Pattern;

/**
 * Name of a dataset: 1 to 32 characters out of {@code a-z 0-9 -}, the first of which is not a hyphen.
 *
 * @param value the name
 */
public record DatasetName(String value) {
    private static final Pattern ALLOWED = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    /** Where none is given. */
    public static final DatasetName DEFAULT = new DatasetName("default");

    /** @throws IllegalArgumentException if {@code value} is not a dataset name; the message says what is */
    public DatasetName {
        if (!isValid(value)) {
            throw new IllegalArgumentException("'" + value + "' is not a dataset name: 1 to 32 of a-z, 0-9 and '-',"
                    + " the first of them not '-'");
        }
    }

    /** Whether {@code value} can be the name of a dataset. */
    public static boolean isValid(String value) {
        return ALLOWED.matcher(value).matches();
    }

    @Override
    public String toString() {
        return value;
    }
}
