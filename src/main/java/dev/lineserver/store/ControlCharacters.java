package dev.lineserver.store;

import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Makes untrusted names safe for log files, terminals and one-line messages. */
public final class ControlCharacters {
    private static final Pattern UNSAFE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private ControlCharacters() {}

    /**
     * Replaces each control, format or line-separating character by its Unicode escape, such as {@code \}{@code u000a}. A
     * character of two {@code char} values has two escapes, as in JSON.
     */
    public static String escape(String text) {
        return UNSAFE.matcher(text)
                .replaceAll(unsafe -> unsafe.group()
                        .chars()
                        .mapToObj(unit -> String.format("\\\\u%04x", unit))
                        .collect(Collectors.joining()));
    }
}
