package dev.lineserver.http;

import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineNumbers;

/** Compares entity tags with those of a client, as RFC 9110 defines. */
final class EntityTags {
    private EntityTags() {}

    /** Returns the tag of another form of the same text. */
    static String withSuffix(String etag, String suffix) {
        return etag.substring(0, etag.length() - 1) + suffix + '"';
    }

    /** Returns the tag of a form as JSON, which has the numbers of lines and so depends on the number of the first one. */
    static String ofJson(String etag, LineNumbers numbers) {
        return withSuffix(etag, "-json-" + numbers.first());
    }

    /**
     * Compares entity tags weakly, as section 13.1.2 defines for {@code If-None-Match}. Several headers are one list.
     * Splitting at commas is correct, because no entity tag of this server contains one.
     */
    static boolean matchesAny(List<String> ifNoneMatch, String etag) {
        return list(ifNoneMatch)
                .anyMatch(tag -> tag.equals("*") || (tag.startsWith("W/") ? tag.substring(2) : tag).equals(etag));
    }

    /**
     * Decides if the request may be answered. Compares strongly, as section 13.1.1 defines for {@code If-Match}: a weak tag
     * never matches.
     */
    static boolean permits(List<String> ifMatch, String etag) {
        return ifMatch.isEmpty() || list(ifMatch).anyMatch(tag -> tag.equals("*") || tag.equals(etag));
    }

    private static Stream<String> list(List<String> values) {
        return Stream.of(String.join(",", values).split(",", -1)).map(String::strip);
    }

    /**
     * Decides if {@code Range} applies. Compares strongly, as section 13.1.5 defines for {@code If-Range}: a weak tag or a
     * date never matches, because this server sends neither.
     */
    static boolean allowsRange(@Nullable String ifRange, String etag) {
        return ifRange == null || ifRange.strip().equals(etag);
    }
}
