package dev.lineserver.http.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * A key by which a client proves who it is: {@code lsk_} and 256 random bits in Base64 (RFC 4648, section 5). The prefix lets
 * scanners of repositories find a key that was committed by mistake.
 *
 * <p>A plain SHA-256 is enough to store it. Slow hashes make it expensive to guess words that people choose; nobody can guess
 * 256 random bits, and a slow hash at each request would let anybody overload the server. So only keys of this form are
 * accepted, which nobody chooses by hand.
 *
 * @param text the key as clients send it; a secret
 */
public record ApiKey(String text) {
    private static final Pattern FORM = Pattern.compile("lsk_[A-Za-z0-9_-]{43}");
    /** Anything that begins like a key, also if a part of it is escaped, or one that was copied incompletely. */
    private static final Pattern SIMILAR = Pattern.compile("lsk(?:_|%5[Ff])[A-Za-z0-9_%-]+");

    private static final int RANDOM_BYTES = 32;

    /** Makes a new key. */
    public static ApiKey generate() {
        byte[] bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        return new ApiKey("lsk_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** Returns the key with this text; null if no key has such a text. */
    static @Nullable ApiKey parse(String text) {
        return FORM.matcher(text).matches() ? new ApiKey(text) : null;
    }

    /**
     * Returns the line of the file of keys that lets a client read with this key.
     *
     * @param client name of the client
     * @param grants names of datasets, separated by commas, or {@code *}
     * @throws IllegalArgumentException if the name or the grants are invalid; the message says what they must be
     */
    public String fileLine(String client, String grants) {
        String line = client + " " + AccessList.HASH + HexFormat.of().formatHex(hash()) + " " + grants;
        AccessList.check(client, grants);
        return line;
    }

    /** Hides the keys in a text, such as the target of a request, in which a client has put its key by mistake. */
    public static String mask(String text) {
        // Nearly all texts have none, and a log has many.
        return text.contains("lsk") ? SIMILAR.matcher(text).replaceAll("lsk_***") : text;
    }

    /** Returns the SHA-256 of the text. */
    byte[] hash() {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Hides the text, which must not get into a log. */
    @Override
    public String toString() {
        return "lsk_…";
    }
}
