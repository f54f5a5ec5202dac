package dev.lineserver.http;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/** Chooses the form of an answer by {@code Accept} and {@code Accept-Encoding}, as RFC 9110, section 12.5, defines them. */
final class AcceptHeader {
    private static final List<String> PLAIN_FROM_SPECIFIC_TO_GENERAL = List.of("text/plain", "text/*", "*/*");

    /** The weight of RFC 9110, section 12.4.2. */
    private static final Pattern QUALITY = Pattern.compile("q=(?:0(?:\\.\\d{0,3})?|1(?:\\.0{0,3})?)");

    private AcceptHeader() {}

    /**
     * Returns the media type that the client prefers to plain text: the one of highest quality that the client names and to
     * which it does not prefer plain text by a higher quality, or by the same quality and an equally specific name. Wildcards
     * and an absent header mean plain text, and so does a header that excludes everything: section 12.4.1 allows an answer
     * all the same, and clients that name a wrong type have always got one.
     *
     * @param values of all {@code Accept} headers
     * @param types the types that exist beside plain text, in lower case, the preferred ones first
     * @return null for plain text
     */
    static @Nullable String preferred(List<String> values, List<String> types) {
        String accept = String.join(",", values).toLowerCase(Locale.ROOT);
        if (types.stream().noneMatch(accept::contains)) {
            return null;
        }
        String[] ranges = accept.split(",", -1);
        String best = null;
        double bestQuality = 0;
        for (String type : types) {
            double quality = quality(ranges, type);
            if (quality > bestQuality) {
                best = type;
                bestQuality = quality;
            }
        }
        for (String name : PLAIN_FROM_SPECIFIC_TO_GENERAL) {
            double plain = quality(ranges, name);
            if (plain >= 0) {
                boolean preferred = name.equals("text/plain") ? bestQuality > plain : bestQuality >= plain;
                return preferred ? best : null;
            }
        }
        return best;
    }

    /**
     * Returns true if the client names gzip, and does not prefer an answer without a coding.
     *
     * @param values of all {@code Accept-Encoding} headers
     */
    static boolean prefersGzip(List<String> values) {
        String[] codings = String.join(",", values).toLowerCase(Locale.ROOT).split(",", -1);
        double gzip = quality(codings, "gzip");
        return gzip > 0 && gzip >= quality(codings, "identity");
    }

    /**
     * The quality of a media range or coding, 1 if it states none; -1 if it is not listed. A malformed one is 0: a client
     * gets a form that it might not accept only if it clearly asks for it.
     */
    private static double quality(String[] ranges, String name) {
        for (String range : ranges) {
            String[] parts = range.split(";", -1);
            if (parts[0].strip().equals(name)) {
                for (String parameter : parts) {
                    String text = parameter.strip();
                    if (text.startsWith("q=")) {
                        return QUALITY.matcher(text).matches() ? Double.parseDouble(text.substring(2)) : 0;
                    }
                }
                return 1;
            }
        }
        return -1;
    }
}
