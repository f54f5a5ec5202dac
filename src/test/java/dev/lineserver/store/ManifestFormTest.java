package dev.lineserver.store;

import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.ContentDigest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** The JSON of manifests, which stores keep, and which commands and HTTP responses show. */
final class ManifestFormTest {
    private static final String ONE_SOURCE =
            "{\"dataset\":\"d\",\"version\":7,\"lines\":2,\"bytes\":8,\"longestLine\":3,"
                    + "\"terminated\":true,\"digest\":\"00000000000000010000000000000002\",\"source\":\"/a\",\"layout\":\"l\","
                    + "\"createdAt\":\"1970-01-01T00:00:00Z\"}";
    private static final String TWO_FILES = ONE_SOURCE.replace(
            "}", ",\"files\":[{\"name\":\"/a\",\"firstLine\":1},{\"name\":\"/b\",\"firstLine\":2}]}");
    private static final Content CONTENT = new Content(2, 8, new ContentDigest(1, 2), 3, true);

    private static Manifest manifest(Manifest.Part... files) {
        return new Manifest(new DatasetName("d"), 7, CONTENT, "/a", "l", Instant.EPOCH, List.of(files));
    }

    @Test
    void aManifestOfOneSourceHasTheFormOfOlderReleases() throws Exception {
        assertEquals(ONE_SOURCE, ManifestForm.MAPPER.writeValueAsString(manifest()));
        assertEquals(manifest(), ManifestForm.MAPPER.readValue(ONE_SOURCE, Manifest.class));
    }

    @Test
    void theFilesAreShownWithTheirFirstLines() throws Exception {
        Manifest manifest = manifest(new Manifest.Part("/a", 1), new Manifest.Part("/b", 2));
        assertEquals(TWO_FILES, ManifestForm.MAPPER.writeValueAsString(manifest));
        assertEquals(TWO_FILES, new ObjectMapper().writeValueAsString(manifest.form()));
        assertEquals(TWO_FILES, JsonObject.mapFrom(manifest).encode());
        assertEquals(manifest, ManifestForm.MAPPER.readValue(TWO_FILES, Manifest.class));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"dataset\":\"d\",",
                "\"version\":7,",
                "\"terminated\":true,",
                "\"digest\":\"00000000000000010000000000000002\",",
                "\"source\":\"/a\",",
                "\"firstLine\":1",
                "\"name\":\"/b\","
            })
    void anyOtherMemberIsRequired(String member) {
        String without = TWO_FILES.replace(member, "").replace("\",}", "\"}");
        assertEquals(TWO_FILES.length() - member.length(), without.length() + (member.endsWith(",") ? 0 : 1));
        assertThrows(JsonMappingException.class, () -> ManifestForm.MAPPER.readValue(without, Manifest.class));
    }
}
