package dev.lineserver.http;

import java.net.URL;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import org.hamcrest.Matchers;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The files of the pages, without a browser. */
@QuarkusTest
@TestProfile(PageTest.Profile.class)
final class PageResourceTest {
    @TestHTTPResource("/")
    URL root;

    @Test
    void theRootIsAPageForPeopleAndPathsForPrograms() {
        for (String accept : List.of("*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "text/*")) {
            RestAssured.given()
                    .header("Accept", accept)
                    .get(root)
                    .then()
                    .statusCode(200)
                    .contentType("text/html;charset=UTF-8")
                    .header("Vary", Matchers.containsString("Accept"))
                    .body(Matchers.containsString("<title>Line Server</title>"));
        }
        RestAssured.given()
                .header("Accept", "application/json")
                .get(root)
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("firstLineNumber", Matchers.equalTo(1))
                .body("lines", Matchers.equalTo("/lines"));
        RestAssured.given().header("Accept", "image/png").get(root).then().statusCode(406);
        RestAssured.given()
                .header("If-Match", "\"x\"")
                .get(root)
                .then()
                .statusCode(412)
                .contentType("application/problem+json")
                .body("status", Matchers.equalTo(412));
        RestAssured.given()
                .redirects()
                .follow(false)
                .get(root + "status/")
                .then()
                .statusCode(308)
                .header("Location", "../status");
        RestAssured.get(root + "page/none.js").then().statusCode(404);
        RestAssured.get(root + "page/index.html").then().statusCode(404);
    }

    /** The files of the pages are small, are revalidated cheaply, and permit nothing that is not theirs. */
    @Test
    void thePageNeedsUnder60kBAndNothingFromElsewhere() {
        Matcher paths = Pattern.compile("(?:href|src)=\"(page/[^\"]+)\"")
                .matcher(RestAssured.get(root).asString());
        Set<String> files = new HashSet<>(Set.of(""));
        while (paths.find()) {
            files.add(paths.group(1));
        }
        assertTrue(files.size() > 5, files.toString());
        int bytes = 0;
        for (String file : files) {
            Response answer = RestAssured.given().get(root + file);
            assertEquals(200, answer.statusCode(), file);
            assertFalse(answer.asString().matches("(?s).*(https?:)?//[a-z].*"), file + " names nothing elsewhere");
            String policy = answer.header("Content-Security-Policy");
            assertTrue(
                    policy.startsWith("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), policy);
            assertEquals("nosniff", answer.header("X-Content-Type-Options"));
            RestAssured.given()
                    .header("If-None-Match", answer.header("ETag"))
                    .get(root + file)
                    .then()
                    .statusCode(304);
            bytes += answer.asByteArray().length;
        }
        assertTrue(bytes < 60_000, bytes + " bytes");
    }
}
