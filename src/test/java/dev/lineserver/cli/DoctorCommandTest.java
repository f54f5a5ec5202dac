package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.config.Settings;
import dev.lineserver.config.TlsFiles;
import dev.lineserver.http.TestCertificates;
import dev.lineserver.http.access.ApiKey;
import dev.lineserver.store.Finding;
import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

/** Tests {@code doctor} over both stores, and its checks of addresses and files. */
final class DoctorCommandTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return run(Terminal.NONE, arguments);
    }

    private int run(Terminal terminal, String... arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        words.add("--data-dir=" + directory.resolve("data"));
        out.reset();
        err.reset();
        return LineServerCommand.run(
                out, new PrintStream(err, true, StandardCharsets.UTF_8), terminal, words.toArray(String[]::new));
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Runs {@code doctor --json}, and returns the states and facts of the findings by the names of the checks. */
    private Map<String, String> diagnose(int exitCode, String... arguments) {
        List<String> words = new ArrayList<>(List.of("doctor", "--json", "--port=0"));
        words.addAll(List.of(arguments));
        assertEquals(exitCode, run(words.toArray(String[]::new)), () -> printed() + err);
        assertEquals("", err.toString(StandardCharsets.UTF_8));
        JsonObject answer = new JsonObject(printed());
        assertEquals(exitCode == 0, answer.getBoolean("healthy"));
        Map<String, String> findings = new TreeMap<>();
        for (Object finding : answer.getJsonArray("checks")) {
            JsonObject check = (JsonObject) finding;
            String state = check.getString("state");
            assertEquals(state.equals("ok"), !check.containsKey("advice"), check.encode());
            findings.merge(
                    check.getString("check"), state + ": " + check.getString("found"), (one, two) -> one + "; " + two);
        }
        return findings;
    }

    private static void assertStarts(String expected, Map<String, String> findings, String check) {
        String found = findings.getOrDefault(check, "none");
        assertTrue(found.startsWith(expected), () -> check + " is " + found + " in " + findings);
    }

    @Test
    void anEmptyStoreIsHealthyAndStaysUntouched() throws Exception {
        Map<String, String> findings = diagnose(0);
        assertStarts("ok: line-server ", findings, "program");
        assertStarts("ok: reads and writes embedded-", findings, "layouts");
        assertStarts("ok: " + directory.resolve("data") + " does not exist", findings, "data directory");
        assertStarts("warning: no version of dataset default is published", findings, "served dataset");
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void aStoredDatasetIsOpened() throws Exception {
        Path text = Files.writeString(directory.resolve("text"), "one\ntwo\n");
        assertEquals(0, run("ingest", text.toString()));
        Map<String, String> findings = diagnose(0);
        assertStarts("ok: default version 1: 2 lines, embedded-", findings, "served dataset");
        assertStarts("ok: 1 stored", findings, "datasets");
        Files.writeString(text, "changed\n");
        assertStarts("failure: ", diagnose(1), "served dataset");
        Files.writeString(directory.resolve("data/default/v1/manifest"), "damaged");
        assertStarts("failure: ", diagnose(1), "dataset default");
    }

    @Test
    void aDataDirectoryThatIsAFileIsAFailure() throws Exception {
        Files.writeString(directory.resolve("data"), "");
        Map<String, String> findings = diagnose(1);
        assertStarts("failure: " + directory.resolve("data") + " is not a directory", findings, "data directory");
        assertStarts("failure: the data directory ", findings, "store");
    }

    @Test
    void aReadOnlyDirectoryIsAWarning() throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        assertTrue(data.toFile().setWritable(false));
        assumeFalse(Files.isWritable(data), "this user may write everywhere");
        assertStarts("warning: ", diagnose(0), "data directory");
    }

    @Test
    void aClusterIsDescribed() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            String cluster = "--aerospike=" + node.address();
            Map<String, String> findings = diagnose(0, cluster);
            assertStarts("ok: " + node.address(), findings, "nodes");
            assertTrue(findings.getOrDefault("nodes", "").contains("(8.1.2.0)"), findings.toString());
            assertStarts("ok: " + node.address(), findings, "namespace lines");
            assertTrue(
                    findings.getOrDefault("namespace lines", "").contains("writes stop at 70 %"), findings.toString());
            assertStarts("ok: reads aerospike-", findings, "layouts");
            assertFalse(findings.containsKey("data directory"));
            assertEquals(0, node.recordsOfTheFirstSet());
        }
        assertStarts("failure: no Aerospike node is reachable", diagnose(1, "--aerospike=127.0.0.1:1"), "store");
    }

    @Test
    void aUsedPortIsAWarningAndAForeignAddressAFailure() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Finding used = ServerChecks.address("address", "127.0.0.1", other.getLocalPort(), "--port");
            assertEquals(Finding.Severity.WARNING, used.severity(), used.toString());
            Map<String, String> findings = diagnose(0, "--management-port=" + other.getLocalPort());
            assertStarts("warning: 127.0.0.1 port " + other.getLocalPort(), findings, "management port");
        }
        assertEquals(
                Finding.Severity.OK,
                ServerChecks.address("address", "127.0.0.1", 0, "--port").severity());
        assertEquals(
                Finding.Severity.FAILURE,
                ServerChecks.address("address", "192.0.2.1", 8080, "--port").severity());
    }

    @Test
    void theFileOfKeysIsRead() throws Exception {
        Path keys =
                Files.writeString(directory.resolve("keys"), ApiKey.generate().fileLine("web", "*"));
        String option = "--api-keys=" + keys;
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-r-----"));
        assertStarts("ok: " + keys + ": 1", diagnose(0, option), "keys of clients");
        Files.setPosixFilePermissions(keys, PosixFilePermissions.fromString("rw-r--r--"));
        assertStarts("warning: " + keys + ": 1, which other users", diagnose(0, option), "keys of clients");
        Files.writeString(keys, "web");
        assertStarts("failure: the keys in " + keys + " are invalid: line 1: ", diagnose(1, option), "keys of clients");
    }

    @Test
    void theCertificatesOfTheServerAreRead() throws Exception {
        TestCertificates.pem(directory, "server", "EC");
        Path config = Files.writeString(
                directory.resolve("config"),
                "quarkus.http.ssl-port=0\nquarkus.tls.key-store.pem.0.cert=" + directory.resolve("server.crt")
                        + "\nquarkus.tls.key-store.pem.0.key=" + directory.resolve("server.key"));
        Map<String, String> findings = diagnose(0, "--config=" + config);
        assertStarts("warning: valid until ", findings, "certificates");
        assertStarts("ok: 127.0.0.1 port 0", findings, "address of TLS");
        TlsFiles files = Settings.load(Map.of("config", config.toString())).tlsFiles();
        Instant expiry = files.check().orElseThrow();
        assertEquals(
                Finding.Severity.OK,
                ServerChecks.tls(files, expiry.minus(Duration.ofDays(8))).severity());
        assertEquals(
                Finding.Severity.FAILURE,
                ServerChecks.tls(files, expiry.plusSeconds(1)).severity());
        Files.delete(directory.resolve("server.key"));
        assertStarts(
                "failure: quarkus.tls.key-store.pem.0.key: cannot read ",
                diagnose(1, "--config=" + config),
                "certificates");
    }

    @Test
    void peopleGetAlignedLinesWithAdvice() {
        assertEquals(0, run("doctor", "--port=0"));
        List<String> lines = printed().lines().toList();
        assertTrue(lines.stream().anyMatch(line -> line.matches("ok {7}clock {12,14}20.*Z")), printed());
        int advice = lines.indexOf(lines.stream()
                        .filter(line -> line.contains("served dataset"))
                        .findFirst()
                        .orElseThrow())
                + 1;
        assertEquals(
                lines.get(advice - 1).indexOf("no version"), lines.get(advice).indexOf("→ ingest a file"));
        assertEquals(0, run(Terminal.of(Map.of("TERM", "xterm", "COLUMNS", "80")), "doctor", "--port=0"));
        assertTrue(printed().contains("\u001b[33mwarning"), printed());
    }

    @ParameterizedTest
    @CsvSource({
        "tmpfs, 1073741824, use a volume on a disk",
        "tmpfs, 0, 'use a volume on a disk; free space before the next ingest, or name another directory'",
        "nfs4, 1073741823, 'use a disk of this machine; free space before the next ingest, or name another directory'",
        "ext4, 1073741823, 'free space before the next ingest, or name another directory'",
        "ext4, 1073741824, ''"
    })
    void littleSpaceIsNamedWhateverTheFileSystemIs(String type, long free, String advice) {
        Finding found = ServerChecks.writable("data directory", "data", type, free);
        assertEquals(advice, found.advice());
        assertEquals(advice.isEmpty() ? Finding.Severity.OK : Finding.Severity.WARNING, found.severity());
    }
}
