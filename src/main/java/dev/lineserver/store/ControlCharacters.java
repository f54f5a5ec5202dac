package dev.lineserver.store;

import java.util.regex.Pattern;

/** Makes names from outside safe for logs, terminals and messages of one line. */
public final class ControlCharacters {
    private static final Pattern UNSAFE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private ControlCharacters() {}

    /** {@code text} with each control or line-separating character replaced by its Unicode escape, such as {@code \}{@code u000a}. */
    public static String escape(String text) {
        return UNSAFE.matcher(text)
                .replaceAll(unsafe -> String.format("\\\\u%04x", unsafe.group().codePointAt(0)));
    }
}
