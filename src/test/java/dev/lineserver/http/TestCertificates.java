package dev.lineserver.http;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Key stores that the JDK's {@code keytool} makes. The alias of each entry is {@code entry}. */
public final class TestCertificates {
    public static final String PASSWORD = "password";

    private TestCertificates() {}

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
            throw new IllegalStateException(output);
        }
    }

    /** Makes a key with a certificate that it signs itself. */
    public static Path key(Path file, String subject, String... extensions) throws Exception {
        return generate(file, "EC", subject, extensions);
    }

    private static Path generate(Path file, String algorithm, String subject, String... extensions) throws Exception {
        List<String> arguments =
                new ArrayList<>(List.of("-genkeypair", "-alias", "entry", "-keyalg", algorithm, "-dname"));
        arguments.addAll(List.of(subject, "-validity", "3", "-keystore", file.toString()));
        arguments.addAll(List.of(extensions));
        keytool(arguments.toArray(String[]::new));
        return file;
    }

    /** Makes {@code name.crt} and {@code name.key}, of the form PEM, with a certificate that is valid for three days. */
    public static void pem(Path directory, String name, String algorithm) throws Exception {
        KeyStore store = load(generate(directory.resolve(name), algorithm, "CN=" + name));
        write(
                directory.resolve(name + ".crt"),
                "CERTIFICATE",
                store.getCertificate("entry").getEncoded());
        write(
                directory.resolve(name + ".key"),
                "PRIVATE KEY",
                store.getKey("entry", PASSWORD.toCharArray()).getEncoded());
    }

    private static void write(Path file, String label, byte[] bytes) throws Exception {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        Files.writeString(file, "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n");
    }

    /** Makes a store that trusts the certificates of keys. */
    static Path trusting(Path file, Path... keys) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (Path key : keys) {
            store.setCertificateEntry(key.getFileName().toString(), certificate(key));
        }
        try (var out = Files.newOutputStream(file)) {
            store.store(out, PASSWORD.toCharArray());
        }
        return file;
    }

    /** Returns a context of TLS that trusts the certificate of a key only. */
    public static SSLContext trusting(Path key) throws Exception {
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(load(key));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    static KeyStore load(Path file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    static X509Certificate certificate(Path key) throws Exception {
        return (X509Certificate) Objects.requireNonNull(load(key).getCertificate("entry"));
    }
}
