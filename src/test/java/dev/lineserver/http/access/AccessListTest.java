package dev.lineserver.http.access;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class AccessListTest {
    private static final ApiKey KEY = ApiKey.generate();
    private static final ApiKey OTHER = ApiKey.generate();

    @Test
    void aKeyIsFoundByItsTextAndGrantsWhatItsLineSays() {
        AccessList list = AccessList.parse("# clients\n\n" + KEY.fileLine("web", "logs,texts") + "\r\n  "
                + OTHER.fileLine("admin", "*") + "\nbatch\tcert:batch.example.org\t*");
        assertEquals(3, list.size());
        Client web = Objects.requireNonNull(list.findByKey(KEY.text()));
        assertEquals("web", web.name());
        assertTrue(web.mayRead("logs") && web.mayRead("texts"));
        assertFalse(web.mayRead("log") || web.mayRead("") || web.mayRead("logs,texts") || web.mayReadAll());
        Client admin = Objects.requireNonNull(list.findByKey(OTHER.text()));
        assertTrue(admin.mayReadAll() && admin.mayRead("anything"));
        Client batch = Objects.requireNonNull(list.findByCertificate(List.of("x", "batch.example.org")));
        assertEquals("batch", batch.name());
        assertNull(list.findByCertificate(List.of("batch.example.or", "BATCH.example.org", "")));
    }

    /** So that the new key can be tried before the old one is removed. */
    @Test
    void aClientMayHaveSeveralKeys() {
        AccessList list = AccessList.parse(KEY.fileLine("web", "a") + "\n" + OTHER.fileLine("web", "b"));
        for (ApiKey key : List.of(KEY, OTHER)) {
            assertEquals(
                    "web", Objects.requireNonNull(list.findByKey(key.text())).name());
        }
    }

    @Test
    void otherTextsAreNoKeys() {
        AccessList list = AccessList.parse(KEY.fileLine("web", "*"));
        String text = KEY.text();
        Random random = new Random(7);
        for (int i = 0; i < 1_000; i++) {
            StringBuilder changed = new StringBuilder(text);
            int at = random.nextInt(text.length());
            changed.setCharAt(at, (char) (text.charAt(at) ^ (1 << random.nextInt(16))));
            assertNull(list.findByKey(changed.toString()), changed.toString());
        }
        String hash = KEY.fileLine("web", "*").split(" ", -1)[1];
        for (String other :
                List.of("", text + "x", text.substring(1), text.toLowerCase(Locale.ROOT), hash, hash.substring(7))) {
            assertNull(list.findByKey(other), other);
        }
        assertNotNull(list.findByKey(text));
    }

    /** At least 128 bits: guesses are hopeless, so that one round of SHA-256 is enough. */
    @Test
    void keysAreRandomAndHideThemselves() {
        Set<String> texts = new HashSet<>();
        int[] ones = new int[43];
        for (int i = 0; i < 1_000; i++) {
            String text = ApiKey.generate().text();
            texts.add(text);
            for (int at = 0; at < ones.length; at++) {
                ones[at] += text.charAt(4 + at) == 'A' ? 1 : 0;
            }
        }
        assertEquals(1_000, texts.size());
        for (int count : ones) {
            // 1,000 ÷ 64 are expected; the last character has 4 bits.
            assertTrue(count < 150, "a character that is hardly random: " + count);
        }
        assertFalse(KEY.toString().contains(KEY.text().substring(10, 20)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "web",
                "web sha256:00 *",
                "we/b %s *",
                "web %s",
                "web %s a b",
                "web %s Logs",
                "web %s a,,b",
                "web %s *,a",
                "web %s a,",
                "web %s a,b,a",
                "web cert: *",
                "web cert:ü *",
                "web SHA256:%s *"
            })
    void anInvalidLineIsNamedByItsNumberOnly(String line) {
        String filled = line.replace("%s", KEY.fileLine("x", "*").split(" ", -1)[1]);
        IllegalArgumentException failure =
                assertThrows(IllegalArgumentException.class, () -> AccessList.parse("# first\n" + filled));
        assertTrue(String.valueOf(failure.getMessage()).startsWith("line 2: "), failure.getMessage());
    }

    /** Somebody may paste the key itself. */
    @Test
    void aMessageNeverShowsASecret() {
        for (String line : List.of("web " + KEY.text() + " *", KEY.text(), "web sha256:" + KEY.text() + " *")) {
            IllegalArgumentException failure =
                    assertThrows(IllegalArgumentException.class, () -> AccessList.parse(line));
            assertFalse(failure.toString().contains(KEY.text().substring(4)), failure.toString());
        }
    }

    @Test
    void aKeyOfTwoLinesIsRefused() {
        String twice = KEY.fileLine("web", "a") + "\n" + KEY.fileLine("other", "*");
        assertThrows(IllegalArgumentException.class, () -> AccessList.parse(twice));
        assertThrows(IllegalArgumentException.class, () -> AccessList.parse("a cert:x *\nb cert:x *"));
    }

    /** Whatever a file has, it is understood or refused, and lets nobody in without a line of the right form. */
    @Test
    void anyTextIsParsedOrRefused() {
        String alphabet = "ab#\n\r\t *,:.-_sha256cert" + '\u2028' + "ü\0";
        String valid = KEY.fileLine("web", "*");
        for (long seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            String noise = random.ints(random.nextInt(40), 0, alphabet.length())
                    .mapToObj(i -> alphabet.substring(i, i + 1))
                    .collect(Collectors.joining());
            int cut = random.nextInt(valid.length() - 10);
            String text = noise + valid.substring(0, cut) + noise;
            @Nullable Client found;
            try {
                found = AccessList.parse(text).findByKey(KEY.text());
            } catch (IllegalArgumentException refused) {
                continue;
            }
            assertNull(found, "seed " + seed);
        }
    }
}
