package dev.lineserver.http;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class AcceptHeaderTest {
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
                "application/x-ndjson;v=1;q=1"
            })
    void ndjsonIsPreferred(String accept) {
        assertTrue(AcceptHeader.prefersNdjson(List.of(accept)));
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
                "*/*, application/x-ndjson;q=0.9"
            })
    void plainTextIsPreferred(String accept) {
        assertFalse(AcceptHeader.prefersNdjson(List.of(accept)));
    }

    @Test
    void severalHeadersAreOneList() {
        assertFalse(AcceptHeader.prefersNdjson(List.of()));
        assertTrue(AcceptHeader.prefersNdjson(List.of("*/*", "application/x-ndjson")));
    }
}
