package dev.lineserver.http;

import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The application with a setting that the fast path would bypass. */
@QuarkusTest
@TestProfile(RoutedApplicationTest.RoutedProfile.class)
final class RoutedApplicationTest {
    public static final class RoutedProfile extends ServedStore.EmbeddedProfile {
        public RoutedProfile() {
            super(Map.of("quarkus.http.header.\"X-Routed\".value", "yes"));
        }
    }

    @TestHTTPResource("/lines/2")
    URL line;

    /** A header that Quarkus adds to every answer is added to lines as well. */
    @Test
    void aConfiguredHeaderIsOnEveryLine() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<Void> response = client.send(
                    HttpRequest.newBuilder(URI.create(line.toString())).build(),
                    HttpResponse.BodyHandlers.discarding());
            assertEquals(200, response.statusCode());
            assertEquals("yes", response.headers().firstValue("x-routed").orElse(""));
        }
    }
}
