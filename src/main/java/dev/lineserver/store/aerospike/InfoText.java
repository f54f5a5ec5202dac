package dev.lineserver.store.aerospike;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The text forms that info commands answer in. */
final class InfoText {
    private InfoText() {}

    /** {@code a=1;b=2} */
    static Map<String, String> pairs(String text, char separator) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String pair : text.split(String.valueOf(separator), -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
        return pairs;
    }

    /** {@code a;b;c} */
    static List<String> list(String text) {
        return Stream.of(text.strip().split(";", -1)).filter(s -> !s.isEmpty()).toList();
    }

    /** The number under {@code name}, or {@code otherwise} if there is none. */
    static long number(Map<String, String> pairs, String name, long otherwise) {
        String text = pairs.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException _) {
            return otherwise;
        }
    }

    /** 8 of {@code 8.1.2.0}; 0 if there is no number. */
    static int majorVersion(String build) {
        String digits = build.strip().split("[^0-9]", 2)[0];
        return digits.isEmpty() ? 0 : Integer.parseInt(digits);
    }
}
