package dev.lineserver.http;

/** Parses version numbers in paths. */
final class VersionNumber {
    /** Not the number of any version: the first version of a dataset is 1. */
    static final long INVALID = -1;

    /** A number of so many digits fits into a {@code long}, and no dataset has so many versions. */
    private static final int MAX_DIGITS = 18;

    private VersionNumber() {}

    /**
     * Parses a version number.
     *
     * @param text any text
     * @return {@link #INVALID} if it does not consist of decimal digits; {@link Long#MAX_VALUE} if it has more than 18
     */
    static long parse(String text) {
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return INVALID;
            }
            number = i < MAX_DIGITS ? number * 10 + (c - '0') : Long.MAX_VALUE;
        }
        return text.isEmpty() ? INVALID : number;
    }
}
