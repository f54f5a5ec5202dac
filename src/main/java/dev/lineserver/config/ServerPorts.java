package dev.lineserver.config;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

import io.smallrye.config.SmallRyeConfig;

/** The ports of the server, and what TLS needs. The settings of TLS are those of Quarkus. */
record ServerPorts(SmallRyeConfig config, ServeConfig serve, TlsFiles files) {
    static final String INSECURE_REQUESTS = "quarkus.http.insecure-requests";
    static final String TLS_PORT = "quarkus.http.ssl-port";
    /** The default of Quarkus. */
    private static final String DEFAULT_TLS_PORT = "8443";

    /** Returns the port of TLS; empty if the server has no certificate. */
    OptionalInt tls() {
        if (!files.hasServerCertificate()) {
            return OptionalInt.empty();
        }
        String port = config.getOptionalValue(TLS_PORT, String.class).orElse(DEFAULT_TLS_PORT);
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
            throw new UsageException(TLS_PORT + ": '" + port + "' is not a port; use 0 to 65535");
        }
        return OptionalInt.of(Integer.parseInt(port));
    }

    /** Returns true if the server listens without TLS. */
    boolean hasPlain() {
        String requests = config.getOptionalValue(INSECURE_REQUESTS, String.class)
                .orElse(serve.http().clientCertificates() == ServeConfig.ClientCertificates.REQUIRED ? "disabled" : "");
        return !requests.equalsIgnoreCase("disabled");
    }

    /**
     * Refuses a port for two purposes, whose requests could not be told apart. Refuses certificates of clients without a
     * certificate of the server, and without a trust store: Java would trust all public authorities, and so everybody who
     * has a web site.
     */
    void requireSafe() {
        Map<Integer, String> purposes = new HashMap<>();
        if (hasPlain()) {
            purposes.put(serve.port(), "the port of lines");
        }
        requireFree(purposes, tls(), TLS_PORT, "the port of TLS");
        requireFree(purposes, serve.managementPort(), "line-server.management-port", "the management port");
        if (serve.http().clientCertificates() == ServeConfig.ClientCertificates.NONE) {
            return;
        }
        String setting = Settings.userFacingName(config.getConfigValue("line-server.http.client-certificates"));
        if (!files.hasServerCertificate()) {
            throw new UsageException(setting + ": the server has no certificate of its own, and so no TLS; set"
                    + " quarkus.tls.key-store.pem.0.cert and quarkus.tls.key-store.pem.0.key");
        }
        if (!files.hasTrustStore()) {
            throw new UsageException(setting + ": nothing says which authorities sign the certificates of clients; set"
                    + " quarkus.tls.trust-store.pem.certs");
        }
    }

    private void requireFree(Map<Integer, String> purposes, OptionalInt port, String setting, String purpose) {
        if (port.isEmpty() || port.getAsInt() == 0) {
            return;
        }
        String other = purposes.putIfAbsent(port.getAsInt(), purpose);
        if (other != null) {
            throw new UsageException(Settings.userFacingName(config.getConfigValue(setting)) + ": " + port.getAsInt()
                    + " is " + other + "; give it another one");
        }
    }
}
