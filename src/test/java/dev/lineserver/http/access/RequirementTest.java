package dev.lineserver.http.access;

import java.util.Random;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class RequirementTest {
    private static final Client ALL = new Client("all", null);
    private static final Client SOME = new Client("some", Set.of("logs"));
    private static final Client NONE = new Client("none", Set.of("other"));

    /** The columns say whether everybody, the client of one dataset, and the client of another one may read the path. */
    @ParameterizedTest
    @CsvSource({
        "/, true, true, true",
        "/status, true, true, true",
        "/status/, true, true, true",
        "/page/page.css, true, true, true",
        "/problems, true, true, true",
        "/problems/not-found, true, true, true",
        "/q/openapi, true, true, true",
        "/q/swagger-ui/, true, true, true",
        "/q/swagger-ui/start.js, true, true, true",
        "/q/health, true, true, true",
        "/q/health/ready, true, true, true",
        "/datasets, false, true, true",
        "/datasets/, false, true, true",
        "/lines, false, true, false",
        "/lines/5, false, true, false",
        "/line_server/lines/5/, false, true, false",
        "/datasets/logs, false, true, false",
        "/datasets/logs/versions/1/lines/5, false, true, false",
        "/datasets/other, false, false, true",
        "/datasets/Logs, false, false, false",
        "/datasets/logs;x, false, false, false",
        "/datasets/logs%2F/lines, false, false, false",
        "/datasets//logs, false, false, false",
        "/datasets;x/logs, false, false, false",
        "/lines;x/5, false, false, false",
        "/line_server, false, false, false",
        "/line_serverlines/5, false, false, false",
        "/mcp, false, true, true",
        "/mcp/x, false, false, false",
        "/q/metrics, false, false, false",
        "/q/info, false, false, false",
        "/q/health/other, false, false, false",
        "/q/health/../metrics, false, false, false",
        "/page/../lines/5, false, false, false",
        "/nowhere, false, false, false",
        "/status;x, false, false, false"
    })
    void eachPathNeedsItsGrant(String path, boolean open, boolean some, boolean none) {
        Requirement requirement = Requirement.of(path, "logs");
        assertEquals(open, requirement.isPublic());
        assertEquals(some, requirement.isMetBy(SOME));
        assertEquals(none, requirement.isMetBy(NONE));
        assertTrue(requirement.isMetBy(ALL));
    }

    /** What is not listed is closed: an insertion anywhere into a path of lines never opens it. */
    @Test
    void aStrangeSpellingOpensNothing() {
        String[] closed = {"/lines/5", "/line_server/lines/5", "/datasets/logs/lines/5", "/datasets/logs", "/q/metrics"
        };
        String alphabet = "/.;%2ef?#\\ aZ:@\0";
        for (long seed = 0; seed < 5_000; seed++) {
            Random random = new Random(seed);
            StringBuilder path = new StringBuilder(closed[random.nextInt(closed.length)]);
            for (int i = random.nextInt(4); i >= 0; i--) {
                path.insert(1 + random.nextInt(path.length()), alphabet.charAt(random.nextInt(alphabet.length())));
            }
            Requirement requirement = Requirement.of(path.toString(), "logs");
            assertFalse(requirement.isPublic(), "seed " + seed + ": " + path);
            assertFalse(requirement.isMetBy(NONE) && !path.toString().matches("/datasets/?"), path.toString());
        }
    }
}
