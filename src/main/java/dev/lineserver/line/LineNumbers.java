package dev.lineserver.line;

/**
 * How users count lines. Line numbers and line indices are converted here and nowhere else.
 *
 * @param first number of the first line, 1 or 0
 */
public record LineNumbers(int first) {
    private static final int DIGITS_OF_ANY_INDEX = 18;

    /** @throws IllegalArgumentException if {@code first} is neither 0 nor 1 */
    public LineNumbers {
        if (first != 0 && first != 1) {
            throw new IllegalArgumentException("the first line's number is 0 or 1");
        }
    }

    /**
     * The index of the line with the given number.
     *
     * @param text decimal digits, however many; {@link Long#MAX_VALUE} stands for all numbers beyond it
     * @return 0-based, at least 0
     * @throws IllegalArgumentException if {@code text} is not a line number; the message defines one
     */
    public long index(CharSequence text) {
        long number = 0;
        int significant = 0;
        boolean digits = !text.isEmpty();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            digits &= c >= '0' && c <= '9';
            significant += number == 0 && c == '0' ? 0 : 1;
            number = significant > DIGITS_OF_ANY_INDEX ? Long.MAX_VALUE : number * 10 + (c - '0');
        }
        if (!digits || number < first) {
            throw new IllegalArgumentException(
                    "a line number is a whole number without a sign, and the first line's number is " + first);
        }
        return number == Long.MAX_VALUE ? number : number - first;
    }

    /** The number of the line at an index. */
    public long number(long lineIndex) {
        return lineIndex + first;
    }
}
