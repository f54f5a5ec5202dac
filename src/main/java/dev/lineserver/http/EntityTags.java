package dev.lineserver.http;

import java.util.List;

import org.jspecify.annotations.Nullable;

/** Compares entity tags with those of a client, as RFC 9110 defines. */
final class EntityTags {
    private EntityTags() {}

    /**
     * Compares entity tags weakly, as section 13.1.2 defines for {@code If-None-Match}. Several headers are one list.
     * Splitting at commas is correct, because no entity tag of this server contains one.
     */
    static boolean matchesAny(List<String> ifNoneMatch, String etag) {
        for (String candidate : String.join(",", ifNoneMatch).split(",", -1)) {
            String tag = candidate.strip();
            if (tag.equals("*") || (tag.startsWith("W/") ? tag.substring(2) : tag).equals(etag)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Decides if {@code Range} applies. Compares strongly, as section 13.1.5 defines for {@code If-Range}: a weak tag or a
     * date never matches, because this server sends neither.
     */
    static boolean allowsRange(@Nullable String ifRange, String etag) {
        return ifRange == null || ifRange.strip().equals(etag);
    }
}
