package dev.lineserver.line;

/** Parses the numbers of versions and of lines that users write. */
public final class WholeNumber {
    /** No number. */
    public static final long INVALID = -1;

    /** A number of so many digits fits into a {@code long}, and nothing here is so numerous. */
    private static final long LARGEST_BEFORE_LAST_DIGIT = 99_999_999_999_999_999L;

    private WholeNumber() {}

    /**
     * Parses a whole number without a sign.
     *
     * @param text any text
     * @return {@link #INVALID} if it does not consist of decimal digits; {@link Long#MAX_VALUE} if more than 18 of them are
     *     significant
     */
    public static long parse(String text) {
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return INVALID;
            }
            number = number <= LARGEST_BEFORE_LAST_DIGIT ? number * 10 + (c - '0') : Long.MAX_VALUE;
        }
        return text.isEmpty() ? INVALID : number;
    }
}
