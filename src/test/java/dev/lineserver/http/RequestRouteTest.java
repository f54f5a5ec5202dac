package dev.lineserver.http;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class RequestRouteTest {
    @ParameterizedTest
    @CsvSource({
        "/lines/5, /lines/{n}",
        "/lines/5/, /lines/{n}",
        "/lines/x, /lines/{n}",
        "/lines/1/2, /lines/{n}",
        "/line_server/lines/5, /lines/{n}",
        "/lines, /lines",
        "/lines/, /lines",
        "/datasets/a/lines/5, /datasets/{d}/lines/{n}",
        "/datasets/a/lines, /datasets/{d}/lines",
        "/datasets/a/versions/3/lines/5, /datasets/{d}/versions/{v}/lines/{n}",
        "/datasets/a/versions/x/lines, /datasets/{d}/versions/{v}/lines",
        "/datasets, /datasets",
        "/datasets/, /datasets",
        "/datasets/a, /datasets/{d}",
        "/datasets/a/, /datasets/{d}",
        "/datasets/a/versions, /datasets/{d}/versions",
        "/datasets/a/versions/3/, /datasets/{d}/versions/{v}",
        "/datasets/a/versions/3/more, other",
        "/datasets/a/more, other",
        "/problems, /problems",
        "/problems/unavailable, /problems",
        "/problems/a/b, other",
        "/, /",
        "/status, /status",
        "/status/x, other",
        "/q/health, /q/health",
        "/q/health/ready, /q/health",
        "/q/health/group/x, other",
        "/q/metrics, /q/metrics",
        "/q/metrics/x, other",
        "/q/openapi, /q/openapi",
        "/mcp, /mcp",
        "/mcp/, /mcp",
        "/mcp/sse, other",
        "/q, other",
        "/q/x, other",
        "/x, other",
        "/linesx, other"
    })
    void aPathHasTheTemplateOfItsRoute(String path, String template) {
        assertEquals(template, RequestRoute.of(path).template);
    }
}
