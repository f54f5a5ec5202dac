package dev.lineserver.store.aerospike;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.Main;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Runs the program against a node with TLS, in separate processes, because trusted certificates are set per process.
 */
final class TlsTest {
    private static final String PASSWORD = "changeit";
    private static final String NAME = "node.test";

    @TempDir
    Path directory;

    private Path keys;
    private Path trusted;

    private record ProgramResult(int exitCode, String out, String err) {}

    @BeforeEach
    void makeCertificate() throws Exception {
        keys = directory.resolve("keys.p12");
        trusted = directory.resolve("trusted.p12");
        Path certificate = directory.resolve("node.crt");
        keytool(keys, "-genkeypair", "-keyalg", "EC", "-dname", "CN=" + NAME, "-ext", "san=dns:" + NAME);
        keytool(keys, "-exportcert", "-file", certificate.toString());
        keytool(trusted, "-importcert", "-noprompt", "-file", certificate.toString());
    }

    private void keytool(Path store, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(jdk("keytool")));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-alias", "node", "-storepass", PASSWORD, "-keystore", store.toString()));
        ProgramResult result = run(command);
        assertEquals(0, result.exitCode, result.out + result.err);
    }

    private static String jdk(String program) {
        return Path.of(System.getProperty("java.home"), "bin", program).toString();
    }

    private ServerSocketFactory encrypted() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys)) {
            store.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context.getServerSocketFactory();
    }

    private ProgramResult program(boolean trusting, FakeAerospikeNode node, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(jdk("java"), "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        if (trusting) {
            command.add("-Djavax.net.ssl.trustStore=" + trusted);
            command.add("-Djavax.net.ssl.trustStorePassword=" + PASSWORD);
        }
        command.add(Main.class.getName());
        command.addAll(List.of(arguments));
        command.add("--aerospike=127.0.0.1:" + NAME + ":" + node.host().port());
        command.add("--aerospike-timeout=20000");
        return run(command);
    }

    private ProgramResult run(List<String> command) throws Exception {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("still running: " + command);
        }
        return new ProgramResult(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Test
    void onlyTrustedNodesAreUsedOverTls() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "one\ntwo\nthree\n", StandardCharsets.UTF_8);
        try (FakeAerospikeNode node = new FakeAerospikeNode(encrypted())) {
            ProgramResult ingest = program(true, node, "ingest", file.toString(), "--aerospike-tls");
            assertEquals(0, ingest.exitCode, ingest.err);
            ProgramResult get = program(true, node, "get", "2", "--aerospike-tls");
            assertEquals("two\n", get.out, get.err);
            ProgramResult distrusted = program(false, node, "get", "2", "--aerospike-tls");
            assertEquals(1, distrusted.exitCode);
            assertTrue(distrusted.err.contains("TLS"), distrusted.err);
            ProgramResult plain = program(true, node, "get", "2");
            assertEquals(1, plain.exitCode);
            assertTrue(plain.err.contains("whether it requires TLS"), plain.err);
        }
    }
}
