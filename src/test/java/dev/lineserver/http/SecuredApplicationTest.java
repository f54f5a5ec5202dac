package dev.lineserver.http;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Inject;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.http.access.ApiKey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The application with TLS, certificates of clients and a management port. */
@QuarkusTest
@TestProfile(SecuredApplicationTest.SecuredProfile.class)
final class SecuredApplicationTest {
    private static final ApiKey KEY = ApiKey.generate();
    private static final Path DIRECTORY = makeStores();
    private static final HttpClient.Version HTTP_2 = HttpClient.Version.HTTP_2;

    public static final class SecuredProfile extends ServedStore.EmbeddedProfile {
        public SecuredProfile() {
            super(Map.of(
                    "quarkus.tls.key-store.p12.path",
                    DIRECTORY.resolve("server").toString(),
                    "quarkus.tls.key-store.p12.password",
                    TestCertificates.PASSWORD,
                    "quarkus.tls.trust-store.p12.path",
                    DIRECTORY.resolve("trusted").toString(),
                    "quarkus.tls.trust-store.p12.password",
                    TestCertificates.PASSWORD,
                    "quarkus.tls.reload-period",
                    "1s",
                    "quarkus.http.test-ssl-port",
                    "0",
                    "line-server.http.client-certificates",
                    "required",
                    "line-server.http.api-keys",
                    DIRECTORY.resolve("keys").toString(),
                    "line-server.management-port",
                    "0"));
        }
    }

    private static Path makeStores() {
        try {
            Path directory = Files.createTempDirectory("line-server-tls");
            TestCertificates.key(directory.resolve("server"), "CN=first", "-ext", "san=ip:127.0.0.1");
            TestCertificates.trusting(
                    directory.resolve("trusted"),
                    TestCertificates.key(directory.resolve("batch"), "CN=batch"),
                    TestCertificates.key(directory.resolve("nobody"), "CN=nobody"));
            TestCertificates.key(directory.resolve("stranger"), "CN=batch");
            Files.writeString(directory.resolve("keys"), "batch cert:batch edges\n" + KEY.fileLine("web", "*") + "\n");
            return directory;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Inject
    HttpServer server;

    @Inject
    ManagementPort management;

    /** Sees the certificate of the server, and does not judge it. */
    private static final class AnyServer extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** @param certificate name of the key store of the client; null for none */
    private HttpResponse<String> get(
            HttpClient.Version version, @Nullable String certificate, String path, String... headers) throws Exception {
        KeyManager[] keys = null;
        if (certificate != null) {
            KeyStore store = TestCertificates.load(DIRECTORY.resolve(certificate));
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, TestCertificates.PASSWORD.toCharArray());
            keys = factory.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {new AnyServer()}, null);
        try (HttpClient client =
                HttpClient.newBuilder().version(version).sslContext(context).build()) {
            return send(client, "https://127.0.0.1:" + server.getSecurePort() + path, headers);
        }
    }

    private static HttpResponse<String> send(HttpClient client, String address, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String subject(HttpResponse<?> response) throws Exception {
        return ((X509Certificate) response.sslSession().orElseThrow().getPeerCertificates()[0])
                .getSubjectX500Principal()
                .getName();
    }

    @ParameterizedTest
    @EnumSource
    void aCertificateGrantsWhatItsLineSays(HttpClient.Version version) throws Exception {
        HttpResponse<String> granted = get(version, "batch", "/datasets/edges/lines/5");
        assertEquals(200, granted.statusCode());
        assertEquals(version, granted.version());
        assertEquals(403, get(version, "batch", "/lines/2").statusCode());
        assertEquals(401, get(version, "nobody", "/lines/2").statusCode());
        String[] key = {"Authorization", "Bearer " + KEY.text()};
        assertEquals(200, get(version, "nobody", "/lines/2", key).statusCode(), "a key counts if there is one");
        assertEquals(
                401,
                get(version, "batch", "/datasets/edges", "Authorization", "Bearer x")
                        .statusCode());
    }

    @Test
    void withoutATrustedCertificateThereIsNoConnection() {
        assertThrows(IOException.class, () -> get(HTTP_2, null, "/datasets/edges/lines/5"));
        assertThrows(IOException.class, () -> get(HTTP_2, "stranger", "/datasets/edges/lines/5"));
    }

    @Test
    void aNewCertificateOfTheServerIsUsedWithoutARestart() throws Exception {
        assertEquals("CN=first", subject(get(HTTP_2, "batch", "/datasets")));
        Path renewed = TestCertificates.key(DIRECTORY.resolve("renewed"), "CN=second", "-ext", "san=ip:127.0.0.1");
        Files.move(renewed, DIRECTORY.resolve("server"), StandardCopyOption.REPLACE_EXISTING);
        // A handshake in the moment of the change may fail.
        Awaitility.await()
                .ignoreExceptionsInstanceOf(IOException.class)
                .untilAsserted(() -> assertEquals("CN=second", subject(get(HTTP_2, "batch", "/datasets/edges"))));
    }

    /** The port for operation needs no key, and is for operation only. */
    @Test
    void operationIsOnThePortForItOnly() throws Exception {
        Awaitility.await().until(() -> management.port() > 0);
        String port = "http://127.0.0.1:" + management.port();
        try (HttpClient client = HttpClient.newHttpClient()) {
            for (String path : List.of("/q/health", "/q/health/ready", "/q/metrics", "/q/openapi", "//q/./metrics")) {
                assertEquals(200, send(client, port + path).statusCode(), path);
            }
            assertTrue(send(client, port + "/q/metrics").body().contains("line_server_requests_total"));
            for (String path : List.of("/q/health", "/q/metrics", "/q/openapi")) {
                HttpRequest.Builder delete =
                        HttpRequest.newBuilder(URI.create(port + path)).DELETE();
                assertEquals(
                        405,
                        client.send(delete.build(), HttpResponse.BodyHandlers.discarding())
                                .statusCode(),
                        path);
            }
            for (String path : List.of("/", "/lines/2", "/datasets", "/q/../lines/2", "/q/%2e%2e/datasets", "/qx")) {
                HttpResponse<String> answer =
                        send(client, port + path, "Authorization", "Bearer " + KEY.text(), "Accept", "*/*");
                assertEquals(404, answer.statusCode(), path);
                assertTrue(answer.body().contains("/problems/not-found"), answer.body());
            }
            for (String path : List.of("/q/health", "/q/metrics", "/q/openapi", "/q", "/x/../q/metrics")) {
                String[] key = {"Authorization", "Bearer " + KEY.text()};
                assertEquals(404, get(HTTP_2, "batch", path, key).statusCode(), path);
                String main = "http://127.0.0.1:" + server.getPort();
                assertEquals(404, send(client, main + path, key).statusCode(), path);
            }
        }
    }
}
