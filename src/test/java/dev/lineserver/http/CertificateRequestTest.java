package dev.lineserver.http;

import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLPeerUnverifiedException;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class CertificateRequestTest {
    @TempDir
    Path directory;

    private List<String> names(String subject, String... extensions) throws Exception {
        Path key = TestCertificates.key(directory.resolve("key" + extensions.length), subject, extensions);
        return CertificateRequest.names(TestCertificates.certificate(key));
    }

    /** An authority may check alternative names only, and let applicants choose the common name. */
    @Test
    void alternativeNamesComeBeforeTheCommonName() throws Exception {
        assertEquals(List.of("batch, the \"first\""), names("CN=\"batch, the \\\"first\\\"\",O=Example"));
        assertEquals(
                List.of("a.example.org", "spiffe://example.org/batch", "b@example.org"),
                names(
                        "CN=admin",
                        "-ext",
                        "san=dns:a.example.org,uri:spiffe://example.org/batch,email:b@example.org,ip:10.0.0.1"));
        assertEquals(List.of(), names("O=Example", "-ext", "san=ip:10.0.0.1", "-ext", "bc=ca:false"));
    }

    @Test
    void onlyAVerifiedCertificateOfATlsConnectionHasNames() throws Exception {
        X509Certificate certificate =
                TestCertificates.certificate(TestCertificates.key(directory.resolve("c"), "CN=a"));
        assertEquals(List.of("a"), names(true, () -> List.of(certificate)));
        assertEquals(List.of(), names(false, () -> List.of(certificate)));
        assertEquals(List.of(), names(true, List::of));
        assertEquals(List.of(), names(true, () -> {
            throw new SSLPeerUnverifiedException("scripted");
        }));
    }

    private static List<String> names(boolean tls, Callable<List<Certificate>> chain) {
        HttpConnection connection = ScriptedLines.proxy(HttpConnection.class, (_, _, _) -> chain.call());
        return CertificateRequest.names(ScriptedLines.proxy(
                HttpServerRequest.class, (_, method, _) -> method.getName().equals("isSSL") ? tls : connection));
    }

    /** Programs disagree on the one that counts, so an authority may have checked another one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CN=evil,O=Example,CN=batch.example.org",
                "CN=evil+CN=batch.example.org,O=Example",
                "CN=evil,O=a+CN=batch"
            })
    void severalCommonNamesAreNoName(String subject) throws Exception {
        assertEquals(List.of(), names(subject));
        assertEquals(List.of("batch"), names("O=a+CN=batch,C=FR", "-ext", "bc=ca:false"));
    }
}
