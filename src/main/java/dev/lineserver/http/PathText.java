package dev.lineserver.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lineserver.store.ControlCharacters;

/** Shows paths of requests to people. Each character of a path is a byte that the client has sent. */
final class PathText {
    private static final Pattern OUTSIDE_ASCII = Pattern.compile("[^\\x00-\\x7f]");
    private static final Pattern ESCAPES = Pattern.compile("(?:%[89A-Fa-f][0-9A-Fa-f])+");

    private PathText() {}

    /**
     * Decodes the characters outside ASCII, with or without escapes, if they are UTF-8. Other bytes become escapes. Escapes of
     * ASCII stay as they are: decoded, {@code %2F} would be another path, and {@code %0A} two lines.
     */
    static String readable(String path) {
        String ascii = OUTSIDE_ASCII
                .matcher(path)
                .replaceAll(raw -> "%%%02X".formatted((int) raw.group().charAt(0)));
        return ESCAPES.matcher(ascii).replaceAll(escapes -> Matcher.quoteReplacement(decode(escapes.group())));
    }

    private static String decode(String escapes) {
        byte[] bytes = HexFormat.of().parseHex(escapes.replace("%", ""));
        try {
            return ControlCharacters.escape(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return escapes;
        }
    }
}
