package dev.lineserver.store;

/** Makes names from outside safe for logs, terminals and messages of one line. */
public final class ControlCharacters {
    private ControlCharacters() {}

    /** {@code text} with each control or line-separating character replaced by its Unicode escape, such as {@code \}{@code u000a}. */
    public static String escape(String text) {
        if (text.chars().noneMatch(ControlCharacters::isUnsafe)) {
            return text;
        }
        StringBuilder escaped = new StringBuilder(text.length() + 8);
        text.chars().forEach(c -> {
            if (isUnsafe(c)) {
                escaped.append(String.format("\\u%04x", c));
            } else {
                escaped.append((char) c);
            }
        });
        return escaped.toString();
    }

    private static boolean isUnsafe(int c) {
        int type = Character.getType(c);
        return type == Character.CONTROL
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR
                || type == Character.FORMAT;
    }
}
