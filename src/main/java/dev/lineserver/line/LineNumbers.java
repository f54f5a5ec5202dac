package dev.lineserver.line;

/**
 * Converts between the line numbers of users and 0-based line indices. No other class converts them.
 *
 * @param first number of the first line, 1 or 0
 */
public record LineNumbers(int first) {
    /** @throws IllegalArgumentException if {@code first} is neither 0 nor 1 */
    public LineNumbers {
        if (first != 0 && first != 1) {
            throw new IllegalArgumentException("the first line's number is 0 or 1");
        }
    }

    /**
     * Parses a line number.
     *
     * @param text any number of decimal digits
     * @return the line's 0-based index; {@link Long#MAX_VALUE} for a number of more than 18 significant digits
     * @throws IllegalArgumentException if {@code text} is not a line number; the message defines one
     */
    public long index(String text) {
        long number = WholeNumber.parse(text);
        if (number < first) {
            throw new IllegalArgumentException(
                    "a line number is a whole number without a sign, and the first line's number is " + first);
        }
        return number == Long.MAX_VALUE ? number : number - first;
    }

    /** Returns the number of the line at an index. */
    public long number(long lineIndex) {
        return lineIndex + first;
    }
}
