package dev.lineserver.http;

import java.util.List;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.ManifestForm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class DatasetResourceTest {
    private final ScriptedLines lines = new ScriptedLines();
    private final DatasetResource resource = new DatasetResource(lines.components.datasets);

    DatasetResourceTest() throws Exception {}

    @AfterEach
    void close() {
        lines.close();
    }

    @Test
    void theServedVersionIsDescribedInTheListAndAlone() {
        ManifestForm one = resource.one("default");
        assertEquals("default", one.dataset());
        assertEquals(7, one.version());
        assertEquals(ScriptedLines.LINES, one.lines());
        assertEquals(List.of(one), resource.all().datasets());
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
        assertEquals(List.of(), resource.all().datasets());
    }
}
