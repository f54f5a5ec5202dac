package dev.lineserver.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.net.PemKeyCertOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.http.TestCertificates;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What is wrong with files of TLS is found as Vert.x finds it, and named. */
final class TlsFilesTest {
    private static final String PEM = "quarkus.tls.key-store.pem.0.";

    @TempDir
    static Path directory;

    @BeforeAll
    static void makeFiles() throws Exception {
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            TestCertificates.pem(directory, algorithm, algorithm);
        }
        TestCertificates.pem(directory, "other", "RSA");
        String certificate = read("RSA.crt");
        String key = read("RSA.key");
        write("both.pem", "Bag attributes\n" + certificate + key);
        write("order.crt", certificate + read("other.crt"));
        write("crlf.crt", certificate.replace("\n", "\r\n"));
        write("crlf.key", key.replace("\n", "\r\n"));
        write("cut.crt", certificate.substring(0, certificate.length() / 2));
        write("damaged.crt", certificate.replace("MII", "AAA"));
        write("damaged.key", key.replace("MII", "AAA"));
        write("no-base64.crt", certificate.replaceFirst("\nMII", "\nMI!"));
        write("no-base64.key", key.replaceFirst("\nMII", "\nMI!"));
        write("encrypted.key", key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
        write("trusted.crt", certificate.replace("CERTIFICATE", "TRUSTED CERTIFICATE"));
        write("garbage", "garbage");
        write("empty", "");
        write(
                "old-encrypted.key",
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n");
        // The key in PKCS#1 follows 26 bytes of PKCS#8 that name the algorithm.
        byte[] pkcs8 = Base64.getMimeDecoder().decode(key.replaceAll("-----[A-Z ]*-----", ""));
        write(
                "old.key",
                "-----BEGIN RSA PRIVATE KEY-----\n"
                        + Base64.getEncoder().encodeToString(Arrays.copyOfRange(pkcs8, 26, pkcs8.length))
                        + "\n-----END RSA PRIVATE KEY-----\n");
        Files.createDirectory(directory.resolve("directory"));
    }

    private static String read(String file) throws Exception {
        return Files.readString(directory.resolve(file));
    }

    private static void write(String file, String text) throws Exception {
        Files.writeString(directory.resolve(file), text);
    }

    private static TlsFiles files(String... settings) {
        Map<String, String> map = new TreeMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        return TlsFiles.of(builder().withDefaultValues(map).build());
    }

    private static SmallRyeConfigBuilder builder() {
        return new SmallRyeConfigBuilder().withConverter(Duration.class, 200, new DurationConverter());
    }

    private static @Nullable String fault(TlsFiles files) {
        try {
            Optional<Instant> _ = files.check();
            return null;
        } catch (UsageException e) {
            return e.getMessage();
        }
    }

    private static String path(String file) {
        return directory.resolve(file).toString();
    }

    /** Returns true if a server can be started with these files. */
    private static boolean isUsable(String certificate, String key) throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            assertNotNull(new PemKeyCertOptions()
                    .setCertPath(path(certificate))
                    .setKeyPath(path(key))
                    .getKeyManagerFactory(vertx));
            return true;
        } catch (Exception e) {
            return false;
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "RSA.crt, RSA.key, ",
        "EC.crt, EC.key, ",
        "Ed25519.crt, Ed25519.key, has a key of an algorithm",
        "RSA.crt, old.key, ",
        "both.pem, both.pem, ",
        "crlf.crt, crlf.key, ",
        "RSA.crt, both.pem, ",
        "order.crt, RSA.key, has certificates in the wrong order",
        "RSA.crt, EC.key, is not that of the first certificate in",
        "EC.crt, RSA.key, is not that of the first certificate in",
        "RSA.key, RSA.key, has a private key and no certificate",
        "RSA.crt, RSA.crt, has a certificate and no private key",
        "garbage, RSA.key, has no certificate",
        "RSA.crt, garbage, has no private key",
        "empty, RSA.key, has no certificate",
        "RSA.crt, empty, has no private key",
        "cut.crt, RSA.key, has no certificate",
        "damaged.crt, RSA.key, has a damaged certificate",
        "no-base64.crt, RSA.key, has a damaged certificate",
        "RSA.crt, damaged.key, is damaged",
        "RSA.crt, no-base64.key, is damaged",
        "RSA.crt, encrypted.key, has an encrypted key",
        "RSA.crt, old-encrypted.key, has an encrypted key",
        "trusted.crt, RSA.key, has no certificate",
        "none, RSA.key, it does not exist",
        "RSA.crt, none, it does not exist",
        "directory, RSA.key, it is not a regular file",
        "RSA.crt, directory, it is not a regular file"
    })
    void aFileThatTheServerCannotUseIsNamed(String certificate, String key, @Nullable String expected)
            throws Exception {
        String fault = fault(files(PEM + "cert", path(certificate), PEM + "key", path(key)));
        assertEquals(isUsable(certificate, key), fault == null, fault);
        if (expected == null) {
            assertNull(fault);
        } else {
            assertTrue(fault != null && fault.contains(expected), fault);
            String setting = PEM + (fault.startsWith(PEM + "cert: ") ? "cert" : "key");
            assertTrue(fault.startsWith(setting + ": "), fault);
            assertTrue(fault.contains(path(setting.endsWith("cert") ? certificate : key)), fault);
            assertTrue(fault.contains("; ") && !fault.contains("\n"), fault);
        }
    }

    @Test
    void aPathThatTheLocaleCannotExpressIsAFaultOfItsSetting() {
        String list = "quarkus.tls.trust-store.pem.certs";
        for (TlsFiles files : List.of(files(PEM + "cert", "a\0b", PEM + "key", path("RSA.key")), files(list, "a\0b"))) {
            String fault = fault(files);
            assertTrue(fault != null && fault.contains(": the locale of this process cannot express"), fault);
        }
    }

    /** Vert.x starts, and each handshake fails. */
    @Test
    void aKeyOfAnotherCertificateIsRefused() throws Exception {
        assertTrue(isUsable("RSA.crt", "other.key"));
        String fault = fault(files(PEM + "cert", path("RSA.crt"), PEM + "key", path("other.key")));
        assertTrue(
                fault != null && fault.contains("is not that of the first certificate in " + path("RSA.crt")), fault);
    }

    @Test
    void allSettingsOfFilesAreFound() {
        String named = "quarkus.tls.\"a.b\".key-store.pem.x.";
        String old = "quarkus.http.ssl.certificate.";
        List<TlsFiles> wrong = new ArrayList<>(List.of(
                files(named + "cert", path("RSA.crt"), named + "key", path("garbage")),
                files(old + "files", path("RSA.crt"), old + "key-files", path("garbage")),
                files(old + "files", path("RSA.crt")),
                files(PEM + "cert", path("RSA.crt")),
                files("quarkus.tls.trust-store.pem.certs", path("RSA.crt") + "," + path("garbage")),
                files("quarkus.tls.trust-store.pem.certs[0]", path("garbage")),
                files("quarkus.tls.key-store.p12.path", path("garbage"), "quarkus.tls.key-store.p12.password", "x"),
                files("quarkus.tls.trust-store.jks.path", path("none"))));
        wrong.add(TlsFiles.of(builder()
                .withSources(new EnvConfigSource(
                        Map.of(
                                "QUARKUS_TLS_KEY_STORE_PEM_0_CERT",
                                path("RSA.crt"),
                                "QUARKUS_TLS_KEY_STORE_PEM_0_KEY",
                                path("garbage")),
                        300))
                .build()));
        for (TlsFiles files : wrong) {
            assertNotNull(fault(files));
        }
        assertNull(fault(files(PEM + "cert", "${home}/x", PEM + "key", "${home}/y")), "only Quarkus expands it");
        assertNull(fault(
                files(PEM + "cert", path("RSA.crt"), PEM + "key", path("encrypted.key"), PEM + "password", "secret")));
    }

    @Test
    void pairsOfTheEnvironmentAreNamedAsPropertiesAndYieldToSystemProperties() {
        TlsFiles files = TlsFiles.of(builder()
                .withSources(new EnvConfigSource(
                        Map.of(
                                "QUARKUS_TLS_KEY_STORE_PEM_0_CERT",
                                "a.crt",
                                "QUARKUS_TLS_KEY_STORE_PEM_0_KEY",
                                "${home}/a.key",
                                "QUARKUS_TLS_OTHER_KEY_STORE_PEM_X_PASSWORD",
                                "secret",
                                "QUARKUS_TLS_TRUST_STORE_PEM_CERTS",
                                "b.crt",
                                "QUARKUS_HTTP_SSL_PORT",
                                "8443"),
                        300))
                .withSources(new PropertiesConfigSource(
                        Map.of(PEM + "cert", "c.crt", "quarkus.tls.key-store.pem.1.cert", "d.crt"), "system", 400))
                .build());
        assertEquals(
                Map.of(
                        PEM + "cert",
                        "c.crt",
                        PEM + "key",
                        "${home}/a.key",
                        "quarkus.tls.other.key-store.pem.x.password",
                        "secret"),
                files.pairsOfEnvironment());
    }

    @Test
    void aStoreOfJavaIsOpenedWithItsPassword() throws Exception {
        String store = "quarkus.tls.key-store.p12.";
        String file = TestCertificates.key(directory.resolve("p12"), "CN=a").toString();
        Instant expiry = files(store + "path", file, store + "password", TestCertificates.PASSWORD)
                .check()
                .orElseThrow();
        assertEquals(
                3,
                Duration.between(Instant.now().minus(1, ChronoUnit.HOURS), expiry)
                        .toDays());
        String fault = fault(files(store + "path", file, store + "password", "wrong"));
        assertTrue(fault != null && fault.contains(store + "password is wrong"), fault);
        assertFalse(fault.contains("\"wrong\""), fault);
        assertNull(fault(files(store + "path", file)), "a provider may know the password");
    }

    @Test
    void theServerHasTlsIfItsConfigurationHasAKeyStore() {
        assertFalse(files().hasServerCertificate());
        assertTrue(files(PEM + "cert", "x").hasServerCertificate());
        assertTrue(files("%prod." + PEM + "cert", "x").hasServerCertificate());
        assertTrue(files("quarkus.http.ssl.certificate.files", "x").hasServerCertificate());
        assertFalse(files("quarkus.tls.other.key-store.p12.path", "x").hasServerCertificate());
        assertTrue(files("quarkus.tls.other.key-store.p12.path", "x", "quarkus.http.tls-configuration-name", "other")
                .hasServerCertificate());
        assertFalse(files("quarkus.tls.trust-store.pem.certs", "x").hasServerCertificate());
        assertTrue(files("quarkus.tls.trust-store.pem.certs", "x").hasTrustStore());
        TlsFiles old = TlsFiles.of(builder()
                .withSources(new EnvConfigSource(
                        Map.of(
                                "QUARKUS_HTTP_SSL_CERTIFICATE_KEY_STORE_FILE",
                                "x",
                                "QUARKUS_HTTP_SSL_CERTIFICATE_TRUST_STORE_FILE",
                                "y"),
                        300))
                .build());
        assertTrue(old.hasServerCertificate());
        assertTrue(old.hasTrustStore());
        assertFalse(files(PEM + "cert", "x").hasTrustStore());
        assertEquals(
                Optional.of(Duration.ofSeconds(30)),
                files("quarkus.tls.reload-period", "1m", "quarkus.tls.x.reload-period", "30s")
                        .reloadPeriod());
    }
}
