package dev.lineserver.http;

import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;

import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;

import dev.lineserver.config.ServeConfig;

/**
 * Asks clients of the TLS port for a certificate, which the trust store must know. Quarkus has a setting for this,
 * {@code quarkus.http.ssl.client-auth}, which is fixed when the program is built.
 */
@Singleton
final class CertificateRequest implements HttpServerOptionsCustomizer {
    private static final int EMAIL = 1;
    private static final int DNS = 2;
    private static final int URI = 6;

    private final ClientAuth auth;

    CertificateRequest(ServeConfig config) {
        auth = switch (config.http().clientCertificates()) {
            case NONE -> ClientAuth.NONE;
            case REQUEST -> ClientAuth.REQUEST;
            case REQUIRED -> ClientAuth.REQUIRED;
        };
    }

    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        options.setClientAuth(auth);
    }

    /** Returns the names in the certificate of a client, in the order in which they count; none without a certificate. */
    static List<String> names(HttpServerRequest request) {
        if (!request.isSSL()) {
            return List.of();
        }
        try {
            List<Certificate> chain = request.connection().peerCertificates();
            return chain.isEmpty() || !(chain.getFirst() instanceof X509Certificate client) ? List.of() : names(client);
        } catch (SSLPeerUnverifiedException e) {
            return List.of();
        }
    }

    /**
     * Returns the alternative names of the subject that are DNS names, URIs or addresses of e-mail; if there are none, its
     * common name. RFC 6125 (section 6.4.4) has the same rule for servers.
     */
    static List<String> names(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            if (certificate.getSubjectAlternativeNames() != null) {
                for (List<?> name : certificate.getSubjectAlternativeNames()) {
                    if (name.get(1) instanceof String text
                            && List.of(EMAIL, DNS, URI).contains((Integer) name.getFirst())) {
                        names.add(text);
                    }
                }
            }
            return names.isEmpty() ? commonName(certificate) : names;
        } catch (CertificateParsingException | NamingException e) {
            return List.of();
        }
    }

    /** Returns the common name of the subject; none if it has several, of which readers of it choose different ones. */
    private static List<String> commonName(X509Certificate certificate) throws NamingException {
        List<String> names = new ArrayList<>();
        for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
            Attribute common = part.toAttributes().get("CN");
            for (int i = 0; common != null && i < common.size(); i++) {
                names.add(common.get(i) instanceof String text ? text : "");
            }
        }
        return names.size() == 1 ? names : List.of();
    }
}
