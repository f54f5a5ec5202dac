package dev.lineserver.http;

import java.util.List;

/** The {@code If-None-Match} header (RFC 9110, section 13.1.2). */
final class EntityTags {
    private EntityTags() {}

    /**
     * Tells if a client has the line already.
     *
     * @param ifNoneMatch values of the header; several are one list
     * @param etag of the line, with its quotes; contains no comma
     */
    static boolean match(List<String> ifNoneMatch, String etag) {
        for (String candidate : String.join(",", ifNoneMatch).split(",", -1)) {
            String tag = candidate.strip();
            if (tag.equals("*") || (tag.startsWith("W/") ? tag.substring(2) : tag).equals(etag)) {
                return true;
            }
        }
        return false;
    }
}
