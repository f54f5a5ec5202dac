package dev.lineserver.http;

import java.util.List;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.ManifestForm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The descriptions of versions: one is current, one is kept, one is held, and one cannot be described. */
final class DatasetResourceTest {
    private final ScriptedLines lines = new ScriptedLines();
    private final DatasetResource resource = new DatasetResource(lines.components.datasets, lines.components.access);

    DatasetResourceTest() throws Exception {}

    @AfterEach
    void close() {
        lines.close();
    }

    private static String json(Object value) throws Exception {
        return new ObjectMapper().writeValueAsString(value);
    }

    private static String manifest(int version, int digest, String state) {
        return "{\"dataset\":\"default\",\"version\":" + version + ",\"lines\":1000,\"bytes\":9000,\"longestLine\":9,"
                + "\"terminated\":true,\"digest\":\"" + new ContentDigest(1, digest) + "\",\"source\":\"source\","
                + "\"layout\":\"scripted\",\"createdAt\":\"1970-01-01T00:00:00Z\",\"state\":\"" + state + "\"}";
    }

    @Test
    void publishedVersionsAreListedWithTheirState() throws Exception {
        String undescribed = "{\"dataset\":\"default\",\"version\":4,\"state\":\"kept\","
                + "\"failure\":\"its manifest is damaged\"}";
        assertEquals(
                "{\"versions\":[" + undescribed + "," + manifest(5, 5, "kept") + "," + manifest(7, 2, "current") + "]}",
                json(resource.versions("default")));
        assertEquals(manifest(5, 5, "kept"), json(resource.version("default", "5")));
        assertEquals(manifest(7, 2, "current"), json(resource.version("default", "007")));
    }

    @ParameterizedTest
    @CsvSource({
        "default, 6, 404, no published version 6",
        "default, 10, 404, no published version 10",
        "default, 0, 404, no published version 0",
        "default, 8, 410, Version 8 of dataset default is not stored any more",
        "default, x, 400, is not a version number",
        "default, '', 400, is not a version number",
        "default, 4, 500, its manifest is damaged",
        "none, 5, 404, no dataset none"
    })
    void otherVersionsAreProblems(String dataset, String version, int status, String detail) {
        Response response = assertThrows(WebApplicationException.class, () -> resource.version(dataset, version))
                .getResponse();
        assertEquals(status, response.getStatus());
        assertEquals("application/problem+json", response.getHeaderString("Content-Type"));
        String text = ((Problem) response.getEntity()).detail();
        assertTrue(text.contains(detail), text);
    }

    @Test
    void theVersionsOfAnUnknownDatasetAre404() {
        Response response = assertThrows(WebApplicationException.class, () -> resource.versions("none"))
                .getResponse();
        assertEquals(404, response.getStatus());
    }

    @Test
    void theServedVersionIsDescribedInTheListAndAlone() {
        ManifestForm one = resource.one("default");
        assertEquals("default", one.dataset());
        assertEquals(7, one.version());
        assertEquals(ScriptedLines.LINES, one.lines());
        assertEquals(List.of(one), resource.all(HttpComponents.ROUTING).datasets());
    }

    @Test
    void aDatasetThatIsNotListedIs404WithAProblem() {
        Response response = assertThrows(WebApplicationException.class, () -> resource.one("none"))
                .getResponse();
        assertEquals(404, response.getStatus());
        Problem problem = assertInstanceOf(Problem.class, response.getEntity());
        assertEquals(ProblemType.NO_SUCH_DATASET.path(), problem.type());
        assertTrue(problem.detail().contains("no dataset none"), problem.detail());
    }

    /** A dataset that the store lists and whose version is not open is not absent. */
    @Test
    void aDatasetWithoutAnOpenVersionIs503WithTheReasonAndNotListed() {
        lines.close();
        Response response = assertThrows(WebApplicationException.class, () -> resource.one("default"))
                .getResponse();
        assertEquals(503, response.getStatus());
        Problem problem = assertInstanceOf(Problem.class, response.getEntity());
        assertTrue(problem.detail().contains("it is being closed"), problem.detail());
        assertEquals(List.of(), resource.all(HttpComponents.ROUTING).datasets());
    }
}
