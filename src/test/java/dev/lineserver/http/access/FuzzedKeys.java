package dev.lineserver.http.access;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Any bytes as the file of keys: every line is an entry, or the file is refused with the number of a line. */
public final class FuzzedKeys {
    private FuzzedKeys() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        String content = new String(bytes, StandardCharsets.UTF_8);
        List<String> lines =
                Arrays.stream(content.split("\\R", -1)).map(String::strip).toList();
        AccessList list;
        try {
            list = AccessList.parse(content);
        } catch (IllegalArgumentException refused) {
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.matches("line [0-9]+: .*"), message);
            int number = Integer.parseInt(message.substring("line ".length(), message.indexOf(':')));
            String line = lines.get(number - 1);
            assertTrue(!line.isEmpty() && !line.startsWith("#"), message);
            return;
        }
        assertEquals(
                lines.stream()
                        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                        .count(),
                list.size());
        for (String line : lines) {
            assertNull(list.findByKey(line));
        }
    }
}
