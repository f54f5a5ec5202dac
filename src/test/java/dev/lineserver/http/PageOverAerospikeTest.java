package dev.lineserver.http;

import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The page of lines, numbered from 0 on, while the cluster goes away and comes back, in a real browser. */
@QuarkusTest
@TestProfile(PageOverAerospikeTest.Profile.class)
final class PageOverAerospikeTest {
    private static final int LINES = 5_000;
    private static @Nullable ServedStore served;

    public static final class Profile implements QuarkusTestProfile {
        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(Cluster.class));
        }
    }

    public static final class Cluster implements QuarkusTestResourceLifecycleManager {
        @Override
        public Map<String, String> start() {
            try {
                served = new ServedStore(ServedStore.Backend.AEROSPIKE);
                String text = IntStream.rangeClosed(1, LINES)
                        .mapToObj(number -> "line " + number + "\n")
                        .collect(Collectors.joining());
                ServedStore.ingest("numbered", text.getBytes(StandardCharsets.UTF_8), false);
                Map<String, String> settings = new HashMap<>(ServedStore.settings());
                settings.put("line-server.first-line-number", "0");
                return settings;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void stop() {
            try {
                served().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static ServedStore served() {
        return Objects.requireNonNull(served);
    }

    @TestHTTPResource("/")
    URL root;

    @Test
    void waitsForTheClusterAndGoesOn() throws Exception {
        try (Browser browser = Browser.start()) {
            browser.open(root + "?dataset=numbered");
            browser.await("line 1", () -> browser.line(0));
            served().node().goDown();
            browser.goTo("4000");
            browser.await(true, () -> browser.text("#state").matches(".+ Trying again in \\d+ s\\."));
            browser.goTo("0");
            browser.await("line 1", () -> browser.line(0));
            browser.goTo("4000");
            browser.await(null, () -> browser.line(4_000));
            served().node().comeBack();
            browser.await("line 4001", () -> browser.line(4_000));
            browser.await(true, () -> browser.text("#state").startsWith("Lines "));
            browser.goTo("5000");
            browser.await("Line 5000 is beyond the end: the last line is 4,999.", () -> browser.text("#wrong"));
            browser.await("line 5000", () -> browser.line(4_999));
            browser.press("#lines", Keys.END, Keys.ENTER);
            browser.await("Line 4,999: 9 bytes", () -> browser.text("#detail-title"));
            assertEquals(List.of(), browser.console());
        }
    }
}
