package dev.lineserver.config;

import java.util.Map;
import java.util.Set;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** A variable that is meant to be a setting is one, or is refused. */
final class EnvironmentNamesTest {
    private static final Set<String> PROPERTIES = Set.of(
            "line-server.port",
            "line-server.data-dir",
            "line-server.aerospike-hosts",
            "line-server.aerospike-user",
            "line-server.keep-versions",
            "line-server.http.api-keys");

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "LINE_SERVER_API_KEYS, LINE_SERVER_HTTP_API_KEYS",
                "LINE_SERVER_HTTP_APIKEYS, LINE_SERVER_HTTP_API_KEYS",
                "LINE_SERVER_AEROSPIKE, LINE_SERVER_AEROSPIKE_HOSTS",
                "LINE_SERVER_KEEP, LINE_SERVER_KEEP_VERSIONS",
                "LINE_SERVER_DATADIR, LINE_SERVER_DATA_DIR",
                "LINE_SERVER_NOTHING, -",
                "LINE_SERVER_NO_PORT, -",
                "LINE_SERVER_, -"
            })
    void anUnknownNameIsRefusedWithTheOneThatIsProbablyMeant(String name, String meant) {
        Map<String, String> variables = Map.of("PATH", "/bin", "LINE_SERVER_PORT", "80", name, "keys");
        assertEquals(
                "there is no setting " + name + "; "
                        + (meant == null ? "correct its name, or unset it" : "did you mean " + meant + "?"),
                assertThrows(UsageException.class, () -> EnvironmentNames.requireKnown(variables, PROPERTIES))
                        .getMessage());
    }

    /** Kubernetes sets the last ones for Services named line-server and line-server-metrics. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "LINE_SERVER_HTTP_API_KEYS=keys",
                "LINE_SERVER_HEALTH_PORT=9000",
                "LINE_SERVICE=x",
                "LINE_SERVER_PORT=tcp://10.0.0.1:80",
                "LINE_SERVER_SERVICE_HOST=10.0.0.1",
                "LINE_SERVER_SERVICE_PORT=80",
                "LINE_SERVER_SERVICE_PORT_HTTP=80",
                "LINE_SERVER_PORT_80_TCP=tcp://10.0.0.1:80",
                "LINE_SERVER_PORT_80_TCP_PROTO=tcp",
                "LINE_SERVER_PORT_80_TCP_PORT=80",
                "LINE_SERVER_PORT_80_TCP_ADDR=10.0.0.1",
                "LINE_SERVER_METRICS_SERVICE_HOST=fd00::1",
                "LINE_SERVER_METRICS_PORT=tcp://[fd00::1]:80"
            })
    void settingsAndTheNamesOfServicesAreAccepted(String variable) {
        String[] parts = variable.split("=", 2);
        EnvironmentNames.requireKnown(Map.of(parts[0], parts[1]), PROPERTIES);
    }
}
