package dev.lineserver.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ControlCharacters;

/** Shows paths of requests to people. Each character of a path or query is a byte that the client has sent. */
final class PathText {
    private static final Pattern OUTSIDE_ASCII = Pattern.compile("[^\\x00-\\x7f]");
    private static final Pattern ESCAPES = Pattern.compile("(?:%[89A-Fa-f][0-9A-Fa-f])+");

    private PathText() {}

    /**
     * Checks that the bytes outside ASCII, with or without escapes, are UTF-8. Routes would decode others in different ways.
     *
     * @throws IllegalArgumentException if they are not
     */
    static void requireUtf8(String path) {
        Matcher escapes = ESCAPES.matcher(escaped(path));
        while (escapes.find()) {
            if (decode(escapes.group()) == null) {
                throw new IllegalArgumentException(escapes.group() + " is not UTF-8");
            }
        }
    }

    /**
     * Decodes the characters outside ASCII, with or without escapes, if they are UTF-8. Other bytes become escapes. Escapes of
     * ASCII stay as they are: decoded, {@code %2F} would be another path, and {@code %0A} two lines.
     */
    static String readable(String path) {
        return ESCAPES.matcher(escaped(path)).replaceAll(escapes -> {
            String text = decode(escapes.group());
            return Matcher.quoteReplacement(text == null ? escapes.group() : ControlCharacters.escape(text));
        });
    }

    /** Writes bytes outside ASCII as escapes, as a client should have sent them. */
    static String escaped(String path) {
        return OUTSIDE_ASCII
                .matcher(path)
                .replaceAll(raw -> "%%%02X".formatted((int) raw.group().charAt(0)));
    }

    /** Returns null if the bytes are not UTF-8. */
    private static @Nullable String decode(String escapes) {
        byte[] bytes = HexFormat.of().parseHex(escapes.replace("%", ""));
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
