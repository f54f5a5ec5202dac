package dev.lineserver.http;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

final class LineTargetTest {
    @ParameterizedTest
    @CsvSource({
        "/lines/5, , 5",
        "/lines/5/, , 5",
        "/lines/1/2, , 1/2",
        "/line_server/lines/5, , 5",
        "/line_server/lines/5/, , 5",
        "/datasets/a/lines/5, a, 5",
        "/datasets/a/lines/5/, a, 5",
        "/datasets//lines/5, '', 5"
    })
    void aPathOfALineHasADatasetAndANumber(String path, String dataset, String number) {
        assertEquals(new LineTarget(dataset, null, number), LineTarget.parse(path));
    }

    @ParameterizedTest
    @CsvSource({
        "/lines, ,",
        "/lines/, ,",
        "/line_server/lines, ,",
        "/line_server/lines/, ,",
        "/datasets/a/lines, a,",
        "/datasets/a/lines/, a,",
        "/datasets/a/versions/7/lines, a, 7",
        "/datasets/a/versions/7/lines/, a, 7"
    })
    void aPathOfAllLinesHasNoNumber(String path, String dataset, String version) {
        assertEquals(new LineTarget(dataset, version, null), LineTarget.parse(path));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/linesx",
                "/lines5",
                "/x/lines/5",
                "/x/lines",
                "/line_server",
                "/line_server/5",
                "/line_server/line_server/lines/5",
                "/datasets",
                "/datasets/",
                "/datasets/a",
                "/datasets/a/",
                "/datasets/lines/5",
                "/datasets/a/b/lines/5"
            })
    void otherPathsDoNotNameALine(String path) {
        assertNull(LineTarget.parse(path));
    }
}
