package dev.lineserver.http;

import org.jspecify.annotations.Nullable;

/** The {@code If-None-Match} header (RFC 9110, 13.1.2). */
final class EntityTags {
    private EntityTags() {}

    /**
     * Whether a client has what an answer would carry.
     *
     * @param ifNoneMatch the header; null where there is none
     * @param etag of the answer, with its quotes; holds no comma
     */
    static boolean match(@Nullable String ifNoneMatch, String etag) {
        if (ifNoneMatch == null) {
            return false;
        }
        for (String candidate : ifNoneMatch.split(",", -1)) {
            String tag = candidate.strip();
            if (tag.equals("*") || (tag.startsWith("W/") ? tag.substring(2) : tag).equals(etag)) {
                return true;
            }
        }
        return false;
    }
}
