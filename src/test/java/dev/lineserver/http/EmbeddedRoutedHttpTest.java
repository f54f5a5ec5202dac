package dev.lineserver.http;

import java.util.Map;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

@QuarkusTest
@TestProfile(EmbeddedRoutedHttpTest.Profile.class)
final class EmbeddedRoutedHttpTest extends HttpContract {
    public static final class Profile extends ServedStore.Profile {
        public Profile() {
            super("embedded", Map.of("quarkus.http.header.\"X-Routed\".value", "yes"));
        }
    }

    @Override
    boolean hasFastPath() {
        return false;
    }

    /** Whatever Quarkus is told to do to each answer is done to lines, too. */
    @Test
    void aConfiguredHeaderIsOnEveryLine() throws Exception {
        assertEquals("yes", header(send(Protocol.HTTP_1_1, "GET", "/lines/2"), "x-routed"));
    }
}
