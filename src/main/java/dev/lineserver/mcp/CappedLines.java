package dev.lineserver.mcp;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.lineserver.line.LineNumbers;

/**
 * Lines as JSON, up to a number of bytes. A line is an object with the member {@code number} and one of {@code text}, if its
 * bytes are UTF-8, and {@code base64}. One that is too long is cut: it has the member {@code cut}, and its length in
 * {@code bytes}.
 */
final class CappedLines {
    /** A character of UTF-8 has up to three bytes after its first. */
    private static final int MAX_CONTINUATIONS = 3;

    private final ArrayNode lines = McpServer.JSON.createArrayNode();
    private final LineNumbers numbers;
    private int remaining;

    /** @param maxBytes of all lines as JSON */
    CappedLines(LineNumbers numbers, int maxBytes) {
        this.numbers = numbers;
        remaining = maxBytes;
    }

    ArrayNode json() {
        return lines;
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    /** The number of bytes that more lines may have. */
    int remaining() {
        return remaining;
    }

    /**
     * Adds a line.
     *
     * @param room largest number of bytes of the line as JSON, at most {@link #remaining}
     * @return false if it is longer; it has not been added then
     */
    boolean add(long lineIndex, byte[] line, int room) {
        ObjectNode node = node(lineIndex, line, line.length);
        int size = size(node);
        if (size > room) {
            return false;
        }
        lines.add(node);
        remaining -= size;
        return true;
    }

    /**
     * Adds the longest beginning of a line that has room.
     *
     * @param bytes the line, or its beginning of at least {@code room} bytes, of which the last one never has room
     * @param length of the line in bytes
     */
    void addCut(long lineIndex, byte[] bytes, long length, int room) {
        int fits = 0;
        int tooLong = bytes.length + 1;
        while (tooLong - fits > 1) {
            int middle = (fits + tooLong) >>> 1;
            if (size(cut(lineIndex, bytes, middle, length)) <= room) {
                fits = middle;
            } else {
                tooLong = middle;
            }
        }
        ObjectNode node = cut(lineIndex, bytes, fits, length);
        lines.add(node);
        remaining -= size(node);
    }

    private ObjectNode cut(long lineIndex, byte[] bytes, int end, long length) {
        return node(lineIndex, bytes, beforeCharacter(bytes, end))
                .put("cut", true)
                .put("bytes", length);
    }

    /** Returns the last index up to {@code end} at which a character of UTF-8 may begin. */
    private static int beforeCharacter(byte[] bytes, int end) {
        int at = end;
        while (at > 0 && at < bytes.length && end - at < MAX_CONTINUATIONS && (bytes[at] & 0xC0) == 0x80) {
            at--;
        }
        return at;
    }

    private ObjectNode node(long lineIndex, byte[] bytes, int length) {
        ObjectNode node = McpServer.JSON.createObjectNode().put("number", numbers.number(lineIndex));
        try {
            return node.put(
                    "text",
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes, 0, length))
                            .toString());
        } catch (CharacterCodingException notUtf8) {
            return node.put("base64", Arrays.copyOf(bytes, length));
        }
    }

    /** Returns the number of bytes of an element of the array, with the comma before it. */
    private static int size(ObjectNode node) {
        try {
            return McpServer.JSON.writeValueAsBytes(node).length + 1;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
