package dev.lineserver.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class SettingsTest {
    private static final String TRUST_STORE = "quarkus.tls.trust-store.pem.certs";

    private static final String KEY_STORE = "quarkus.tls.key-store.pem.0.cert";
    private static final String TLS_PORT = "quarkus.http.ssl-port";

    private static @Nullable String insecureRequests(String clientCertificates) {
        return Settings.load(Map.of("http.client-certificates", clientCertificates))
                .quarkusProperties()
                .get("quarkus.http.insecure-requests");
    }

    @AfterEach
    void removeProperties() {
        for (String property : List.of(TRUST_STORE, KEY_STORE, TLS_PORT)) {
            System.clearProperty(property);
        }
    }

    private static String refusal(Map<String, String> settings) {
        return String.valueOf(assertThrows(UsageException.class, () -> Settings.load(settings))
                .getMessage());
    }

    @Test
    void anOptionPrecedesOtherSourcesUnderAnyName() {
        System.setProperty("line-server.store", "embedded");
        System.setProperty("quarkus.http.port", "1");
        try {
            Settings settings = Settings.load(Map.of("aerospike-hosts", "127.0.0.1:1", "port", "2", "host", "::1"));
            assertEquals(StoreConfig.Kind.AEROSPIKE, Stores.kind(settings.store()));
            assertEquals("2", settings.quarkusProperties().get("quarkus.http.port"));
            assertEquals("::1", settings.quarkusProperties().get("quarkus.http.host"));
            settings = Settings.load(Map.of("aerospike-hosts", "127.0.0.1:1", "store", "embedded"));
            assertEquals(StoreConfig.Kind.EMBEDDED, Stores.kind(settings.store()));
        } finally {
            System.clearProperty("line-server.store");
            System.clearProperty("quarkus.http.port");
        }
    }

    /** A container names its cluster in the environment, and a command must not change that one instead of a directory. */
    @Test
    void aDataDirectoryOfTheCommandLineImpliesTheEmbeddedStore() {
        System.setProperty("line-server.store", "aerospike");
        System.setProperty("line-server.aerospike-hosts", "127.0.0.1:1");
        try {
            assertEquals(StoreConfig.Kind.EMBEDDED, kind(Map.of("data-dir", "x")));
            assertEquals(StoreConfig.Kind.AEROSPIKE, kind(Map.of()));
            assertEquals(StoreConfig.Kind.AEROSPIKE, kind(Map.of("data-dir", "x", "store", "aerospike")));
            assertEquals(StoreConfig.Kind.AEROSPIKE, kind(Map.of("data-dir", "x", "aerospike-hosts", "127.0.0.1:2")));
        } finally {
            System.clearProperty("line-server.store");
            System.clearProperty("line-server.aerospike-hosts");
        }
    }

    private static StoreConfig.Kind kind(Map<String, String> commandLine) {
        return Stores.kind(Settings.load(commandLine).store());
    }

    @Test
    void anUnknownPropertyIsNamed() {
        System.setProperty("line-server.api-keys", "x");
        try {
            assertEquals("there is no setting line-server.api-keys; correct its name, or remove it", refusal(Map.of()));
        } finally {
            System.clearProperty("line-server.api-keys");
        }
    }

    /** Java would trust the authorities of the web. */
    @ParameterizedTest
    @ValueSource(strings = {"request", "required"})
    void certificatesOfClientsNeedATrustStore(String wanted) {
        Map<String, String> settings = Map.of("http.client-certificates", wanted);
        String refusal = refusal(settings);
        assertTrue(refusal.contains("set quarkus.tls.key-store.pem.0.cert and "), refusal);
        System.setProperty(KEY_STORE, "server.pem");
        refusal = refusal(settings);
        assertTrue(refusal.contains("set quarkus.tls.trust-store.pem.certs"), refusal);
        System.setProperty(TRUST_STORE, "clients.pem");
        assertEquals(
                ServeConfig.ClientCertificates.valueOf(wanted.toUpperCase(Locale.ROOT)),
                Settings.load(settings).serve().http().clientCertificates());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "::1",
                "[::1]",
                "fe80::1%eth0",
                "::ffff:10.0.0.1",
                "10.0.0.1",
                "a-host_1.example",
                "müller.example"
            })
    void namesAndAddressesAreHosts(String host) {
        assertEquals(
                host,
                Settings.load(Map.of("host", host, "management-host", host))
                        .serve()
                        .host());
        String refusal = refusal(Map.of("management-host", host + "/"));
        assertTrue(refusal.startsWith("--management-host: '" + host + "/' is not the name or the address"), refusal);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://a:1", "https://a:65535", "http://a:443", "https://[::1]:9", "app://a:80"})
    void anOriginMayHaveAnyPortButTheDefault(String origin) {
        Settings settings = Settings.load(Map.of("http.cors-origins", origin, "traces", "http://a:65535/x"));
        assertEquals(List.of(origin), settings.serve().http().corsOrigins().orElseThrow());
    }

    @Test
    void theManagementPortIsNotThatOfLines() {
        Map<String, String> settings = Map.of("port", "9000", "management-port", "9000");
        String refusal = refusal(settings);
        assertTrue(refusal.endsWith("9000 is the port of lines; give it another one"), refusal);
        assertEquals(
                0,
                Settings.load(Map.of("port", "0", "management-port", "0"))
                        .serve()
                        .port());
    }

    @Test
    void thePortOfTlsIsNoOther() {
        System.setProperty(KEY_STORE, "server.pem");
        System.setProperty(TLS_PORT, "9443");
        String refusal = refusal(Map.of("port", "9443"));
        assertTrue(refusal.startsWith(TLS_PORT) && refusal.contains(": 9443 is the port of lines; "), refusal);
        refusal = refusal(Map.of("management-port", "9443"));
        assertTrue(refusal.contains("9443 is the port of TLS; "), refusal);
        assertEquals(9443, Settings.load(Map.of()).tlsPort().orElseThrow());
        System.setProperty(TRUST_STORE, "clients.pem");
        Settings.load(Map.of("port", "9443", "http.client-certificates", "required"));
        System.setProperty(TLS_PORT, "https");
        refusal = refusal(Map.of());
        assertTrue(refusal.contains("'https' is not a port"), refusal);
        System.clearProperty(KEY_STORE);
        System.setProperty(TLS_PORT, "9443");
        assertTrue(Settings.load(Map.of("port", "9443")).tlsPort().isEmpty(), "there is no TLS");
    }

    /** Whoever requires certificates must not leave a port open that asks for none. */
    @Test
    void requiredCertificatesCloseThePortWithoutTls() {
        System.setProperty(KEY_STORE, "server.pem");
        System.setProperty(TRUST_STORE, "clients.pem");
        assertEquals("disabled", insecureRequests("required"));
        assertNull(insecureRequests("request"));
        System.setProperty("quarkus.http.insecure-requests", "redirect");
        try {
            assertNull(insecureRequests("required"), "somebody wants it");
        } finally {
            System.clearProperty("quarkus.http.insecure-requests");
        }
    }

    @ParameterizedTest
    @CsvSource({"1/s, 1, 1", "100/s, 100, 1", "600/m, 600, 60", "1000000/h, 1000000, 3600"})
    void aRateIsANumberOfRequestsInATime(String text, long requests, long seconds) {
        assertEquals(
                new RequestRate(requests, Duration.ofSeconds(seconds)),
                Settings.load(Map.of("http.rate-limit", text))
                        .serve()
                        .http()
                        .rateLimit()
                        .orElseThrow());
    }

    @ParameterizedTest
    @ValueSource(strings = {"100", "0/s", "1000001/s", "-1/s", "1.5/s", "1/d", "1 /s", "/s", "99999999999999999999/s"})
    void anythingElseIsRefusedWithTheForm(String text) {
        String message =
                String.valueOf(assertThrows(UsageException.class, () -> Settings.load(Map.of("http.rate-limit", text)))
                        .getMessage());
        assertTrue(message.startsWith("--rate-limit: '" + text + "' is not a rate of requests"), message);
    }
}
