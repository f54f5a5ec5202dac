package dev.lineserver.http;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class AcceptHeaderTest {
    private static boolean prefersNdjson(List<String> accept) {
        return AcceptHeader.preferred(accept, List.of("application/x-ndjson")) != null;
    }

    @Test
    void theTypeOfHighestQualityIsPreferred() {
        List<String> types = List.of("a/b", "c/d");
        assertEquals("a/b", AcceptHeader.preferred(List.of("c/d, a/b"), types));
        assertEquals("c/d", AcceptHeader.preferred(List.of("a/b;q=0.4, c/d;q=0.5"), types));
        assertEquals("c/d", AcceptHeader.preferred(List.of("a/b;q=0, c/d;q=0.1, text/*;q=0.1"), types));
        assertNull(AcceptHeader.preferred(List.of("a/b;q=0.4, c/d;q=0.5, text/plain;q=0.5"), types));
        assertNull(AcceptHeader.preferred(List.of("a/b;q=0, c/d;q=0, */*;q=0"), types));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/x-ndjson",
                "Application/X-NDJSON",
                "application/x-ndjson;q=0.1",
                "application/x-ndjson, */*",
                "text/*, application/x-ndjson",
                "text/plain;q=0.5, application/x-ndjson",
                "text/plain;q=0.5, application/x-ndjson;q=0.6, */*",
                "text/plain;q=0, application/x-ndjson;q=0.1",
                "application/x-ndjson;v=1;q=1",
                "application/x-ndjson;q=1.000",
                "text/plain;q=0., application/x-ndjson;q=0.001",
                "text/plain;q=abc, application/x-ndjson;q=0.1",
                "text/plain;q=0, */*, application/x-ndjson;q=0.1"
            })
    void ndjsonIsPreferred(String accept) {
        assertTrue(prefersNdjson(List.of(accept)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*/*",
                "application/*",
                "application/json",
                "application/x-ndjson;q=0",
                "application/x-ndjson;q=0.000, text/html",
                "text/plain, application/x-ndjson",
                "text/plain, application/x-ndjson;q=0.9",
                "*/*, application/x-ndjson;q=0.9",
                "application/x-ndjson;q=abc",
                "application/x-ndjson;q=",
                "application/x-ndjson;q=1.001",
                "application/x-ndjson;q=0.1234",
                "application/x-ndjson;q=-1"
            })
    void plainTextIsPreferred(String accept) {
        assertFalse(prefersNdjson(List.of(accept)));
    }

    @Test
    void severalHeadersAreOneList() {
        assertFalse(prefersNdjson(List.of()));
        assertTrue(prefersNdjson(List.of("*/*", "application/x-ndjson")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"gzip;q=0 | false", "gzip, identity | true", "gzip;q=0.5, identity | false", "gzip;q=0.5 | true"})
    void gzipIsPreferredUnlessItIsRefusedOrWorse(String accepted, boolean preferred) {
        assertEquals(preferred, AcceptHeader.prefersGzip(List.of(accepted)));
    }
}
