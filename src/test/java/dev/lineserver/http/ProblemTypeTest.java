package dev.lineserver.http;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import jakarta.ws.rs.WebApplicationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class ProblemTypeTest {
    private final ProblemResource resource = new ProblemResource();

    @ParameterizedTest
    @EnumSource
    void everyTypeIsDescribedUnderTheNameInItsPath(ProblemType type) {
        String name = type.path().replace("/problems/", "");
        assertTrue(name.matches("[a-z-]+"), name);
        assertEquals(Optional.of(type), ProblemType.of(name));
        String description = resource.one(name);
        assertEquals(type.description(), description);
        List<String> lines = description.lines().toList();
        assertEquals(type.title + " (status " + type.status + ")", lines.getFirst());
        List<String> cells = List.of(type.row().split(" ?\\| ?"));
        assertEquals(List.of("", "`" + type.path() + "`", "" + type.status), cells.subList(0, 3));
        assertEquals(
                List.of("Meaning: " + cells.get(3) + ".", "What to do: " + cells.get(4) + "."),
                lines.subList(2, lines.size()));
    }

    @Test
    void theResourceListsAllPaths() {
        assertEquals(
                Arrays.stream(ProblemType.values()).map(ProblemType::path).toList(),
                resource.all().lines().toList());
    }

    @Test
    void anotherNameIsNotFound() {
        for (String name : List.of("", "none", "PAST_THE_END", "/problems/past-the-end")) {
            assertEquals(Optional.empty(), ProblemType.of(name));
            WebApplicationException e = assertThrows(WebApplicationException.class, () -> resource.one(name));
            assertEquals(404, e.getResponse().getStatus());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "404, NOT_FOUND",
        "405, METHOD_NOT_ALLOWED",
        "406, NOT_ACCEPTABLE",
        "412, PRECONDITION_FAILED",
        "501, NOT_IMPLEMENTED",
        "505, HTTP_VERSION_NOT_SUPPORTED",
        "414, REFUSED",
        "499, REFUSED"
    })
    void aStatusHasAType(int status, ProblemType type) {
        assertEquals(type, ProblemType.of(status));
    }
}
