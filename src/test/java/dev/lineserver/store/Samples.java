package dev.lineserver.store;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import dev.lineserver.line.Limits;

/** Contents that cover the edge cases of lines, and a simple splitter as their oracle. */
public final class Samples {
    private Samples() {}

    /** Returns contents by name. Neighbours differ in one property. */
    public static Map<String, byte[]> all() {
        Map<String, byte[]> all = new LinkedHashMap<>();
        all.put("empty", new byte[0]);
        all.put("one newline", ascii("\n"));
        all.put("only newlines", ascii("\n".repeat(1500)));
        all.put("one line", ascii("alone\n"));
        all.put("one line, not ended", ascii("alone"));
        all.put("one byte, not ended", ascii("x"));
        all.put("two lines", ascii("first\nsecond\n"));
        all.put("two lines, not ended", ascii("first\nsecond"));
        all.put("empty line last", ascii("first\n\n"));
        all.put("empty line first", ascii("\nsecond"));
        all.put("CRLF", ascii("a\r\nb\r\n\r\nc\r"));
        all.put("NUL and 0xFF", new byte[] {0, '\n', -1, -2, '\n', 0, 0, -1});
        all.put("invalid UTF-8", new byte[] {(byte) 0xC3, 0x28, '\n', (byte) 0xE2, (byte) 0x82, '\n', (byte) 0x80});
        all.put("bytes next to newline's", new byte[] {0x0B, 0x0A, 0x0A, 0x0B, 0x0B, 0x0A, 0x09, 0x0A, (byte) 0x8A});
        all.put("all lines of one length", ascii("0123456789\n".repeat(1200)));
        all.put("511 lines", ascii("ab\n".repeat(510) + "longer\n"));
        all.put("512 lines", ascii("ab\n".repeat(511) + "longer\n"));
        all.put("513 lines, not ended", ascii("ab\n".repeat(512) + "longer"));
        all.put("lines of random lengths", random(20_000, 200, 1));
        all.put("lines of very different lengths", random(3_000, 4_000, 2));
        all.put("a line across blocks", line(Limits.BLOCK_BYTES + 10, "before\n", "\nafter\n"));
        all.put("a line that ends with its block", line(Limits.BLOCK_BYTES - 1, "", "\nafter"));
        all.put("longest whole line", line(Limits.WHOLE_LINE_BYTES, "b\n", "\na\n"));
        all.put("shortest line in parts", line(Limits.WHOLE_LINE_BYTES + 1, "b\n", "\na\n"));
        all.put("a line of 3 MiB, not ended", line(3 << 20, "b\n\n", ""));
        return all;
    }

    /** Splits a content byte by byte. */
    public static List<byte[]> linesOf(byte[] content) {
        List<byte[]> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < content.length; i++) {
            if (content[i] == '\n') {
                lines.add(Arrays.copyOfRange(content, start, i));
                start = i + 1;
            }
        }
        if (start < content.length) {
            lines.add(Arrays.copyOfRange(content, start, content.length));
        }
        return lines;
    }

    /** Returns lines of random bytes with lengths up to {@code longest}, most of them much shorter. */
    public static byte[] random(int lines, int longest, long seed) {
        Random random = new Random(seed);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int i = 0; i < lines; i++) {
            byte[] line = new byte[(int) (longest * Math.pow(random.nextDouble(), 3))];
            random.nextBytes(line);
            for (int j = 0; j < line.length; j++) {
                line[j] = line[j] == '\n' ? (byte) ' ' : line[j];
            }
            content.writeBytes(line);
            content.write('\n');
        }
        return content.toByteArray();
    }

    private static byte[] line(int length, String before, String after) {
        byte[] start = ascii(before);
        byte[] end = ascii(after);
        byte[] content = new byte[start.length + length + end.length];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) ('a' + i % 23);
        }
        System.arraycopy(start, 0, content, 0, start.length);
        System.arraycopy(end, 0, content, start.length + length, end.length);
        return content;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
