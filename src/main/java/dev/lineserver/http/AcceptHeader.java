package dev.lineserver.http;

import java.util.List;
import java.util.Locale;

/** Chooses the form of an answer with several lines by {@code Accept}, as RFC 9110, section 12.5.1, defines it. */
final class AcceptHeader {
    private static final String NDJSON = "application/x-ndjson";
    private static final List<String> PLAIN_FROM_SPECIFIC_TO_GENERAL = List.of("text/plain", "text/*", "*/*");

    private AcceptHeader() {}

    /**
     * Returns true if the client names NDJSON, and does not prefer plain text by a higher quality, or by the same quality
     * and an equally specific name. Wildcards and an absent header mean plain text.
     *
     * @param values of all {@code Accept} headers
     */
    static boolean prefersNdjson(List<String> values) {
        String[] ranges = String.join(",", values).toLowerCase(Locale.ROOT).split(",", -1);
        double ndjson = quality(ranges, NDJSON);
        if (ndjson <= 0) {
            return false;
        }
        for (String name : PLAIN_FROM_SPECIFIC_TO_GENERAL) {
            double plain = quality(ranges, name);
            if (plain >= 0) {
                return name.equals("text/plain") ? ndjson > plain : ndjson >= plain;
            }
        }
        return true;
    }

    /** The quality of a media range, 1 if it states none or a malformed one; -1 if it is not listed. */
    private static double quality(String[] ranges, String name) {
        for (String range : ranges) {
            String[] parts = range.split(";", -1);
            if (parts[0].strip().equals(name)) {
                for (String parameter : parts) {
                    String text = parameter.strip();
                    if (text.matches("q=[01](\\.\\d{0,3})?")) {
                        return Double.parseDouble(text.substring(2));
                    }
                }
                return 1;
            }
        }
        return -1;
    }
}
