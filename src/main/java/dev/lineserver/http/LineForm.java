package dev.lineserver.http;

import java.util.List;

/** The forms in which a single line is sent. {@code Accept} selects one. */
enum LineForm {
    /** The bytes of the line, as text. */
    TEXT,
    /** A JSON object, as {@link NdjsonWriter} writes it. */
    JSON,
    /** The bytes of the line, for clients that must not decode them. */
    BYTES;

    static final String JSON_TYPE = "application/json";
    static final String BYTES_TYPE = "application/octet-stream";

    private static final List<String> NAMED_TYPES = List.of(JSON_TYPE, BYTES_TYPE);

    /**
     * Returns the form that a request asks for.
     *
     * @param accept the values of all {@code Accept} headers
     */
    static LineForm of(List<String> accept) {
        return switch (AcceptHeader.preferred(accept, NAMED_TYPES)) {
            case JSON_TYPE -> JSON;
            case BYTES_TYPE -> BYTES;
            case null, default -> TEXT;
        };
    }
}
