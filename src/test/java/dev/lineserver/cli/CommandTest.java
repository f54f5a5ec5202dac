package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Help.Ansi;

import dev.lineserver.config.Settings;
import dev.lineserver.http.TestCertificates;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Samples;
import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests the command line within this process. */
final class CommandTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private byte[] content = Samples.random(2_000, 100, 31);
    private Path file;

    @BeforeEach
    void write() throws Exception {
        file = Files.write(directory.resolve("a file.txt"), content);
    }

    private int run(String... arguments) {
        return run(out, arguments);
    }

    /** @param to a stream that writes to {@code out} */
    private int run(OutputStream to, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        if (!all.isEmpty() && !List.of("--help", "--version").contains(all.getLast())) {
            all.add("--data-dir=" + directory.resolve("data"));
        }
        return runWithoutDataDir(to, all.toArray(String[]::new));
    }

    private int runWithoutDataDir(OutputStream to, String... arguments) {
        out.reset();
        err.reset();
        return LineServerCommand.run(to, new PrintStream(err, true, StandardCharsets.UTF_8), arguments);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "serve",
                "ingest",
                "verify",
                "plan",
                "get",
                "mcp",
                "datasets",
                "versions",
                "diff",
                "publish",
                "rollback",
                "drop",
                "reclaim",
                "doctor"
            })
    void everyVerbPrintsItsHelp(String verb) {
        assertEquals(0, run(verb, "--help"));
        assertTrue(
                out.toString(StandardCharsets.UTF_8).startsWith("Usage: line-server " + verb),
                out.toString(StandardCharsets.UTF_8));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("--data-dir"), out.toString(StandardCharsets.UTF_8));
        assertEquals("", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aKeyIsPrintedOnceWithTheLineForItsFile() throws Exception {
        assertEquals(0, runWithoutDataDir(out, "key", "web", "--datasets", "logs,texts"));
        String[] printed = out.toString(StandardCharsets.UTF_8).split("\n", -1);
        assertEquals(3, printed.length);
        assertTrue(printed[0].matches("lsk_[A-Za-z0-9_-]{43}"), printed[0]);
        assertTrue(printed[1].matches("web sha256:[0-9a-f]{64} logs,texts"), printed[1]);
        assertEquals("", err.toString(StandardCharsets.UTF_8));
        assertEquals(0, runWithoutDataDir(out, "key", "web", "--json"));
        JsonObject json = new JsonObject(out.toString(StandardCharsets.UTF_8));
        assertTrue(json.getString("line").endsWith(" *"), json.encode());
        assertEquals(2, runWithoutDataDir(out, "key", "two words"));
        assertEquals(2, runWithoutDataDir(out, "key", "web", "--datasets", "Logs"));
        assertTrue(
                err.toString(StandardCharsets.UTF_8).contains("grants are neither"),
                err.toString(StandardCharsets.UTF_8));
        assertEquals("", out.toString(StandardCharsets.UTF_8));
        assertEquals(2, runWithoutDataDir(out, "key", "web", "--datasets", "logs,logs"));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("twice"), err.toString(StandardCharsets.UTF_8));
    }

    /** Before FILE is stored, and before the server listens. */
    @Test
    void aFileOfKeysThatCannotBeUsedIsIncorrectUsage() throws Exception {
        Path keys = Files.writeString(directory.resolve("keys"), "web");
        assertEquals(2, run("serve", file.toString(), "--port", "0", "--api-keys", keys.toString()));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("line 1: "), err.toString(StandardCharsets.UTF_8));
        assertFalse(Files.exists(directory.resolve("data")));
    }

    /** Each is one line, before FILE is stored: 2 for a setting or a file, 1 for a port that another process has. */
    @Test
    void mistakesInTheSettingsOfTlsAreNamed() throws Exception {
        TestCertificates.pem(directory, "one", "EC");
        TestCertificates.pem(directory, "two", "EC");
        String key = "quarkus.tls.key-store.pem.0.key=" + directory;
        String pair = "quarkus.tls.key-store.pem.0.cert=" + directory + "/one.crt\n" + key;
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = other.getLocalPort();
            assertRefused(2, "the server has no certificate", "line-server.http.client-certificates=required");
            assertRefused(
                    2,
                    "has a private key and no certificate",
                    "quarkus.tls.key-store.pem.0.cert=" + directory + "/one.key\n" + key + "/one.key");
            assertRefused(2, "is not that of the first certificate", pair + "/two.key\nquarkus.http.ssl-port=0");
            assertRefused(
                    1, "cannot listen on 127.0.0.1 port " + port, pair + "/one.key\nquarkus.http.ssl-port=" + port);
            assertRefused(
                    2,
                    port + " is the port of lines",
                    pair + "/one.key\nquarkus.http.ssl-port=" + port + "\nline-server.port=" + port);
        }
    }

    private void assertRefused(int exitCode, String message, String settings) throws Exception {
        Path config = Files.writeString(directory.resolve("config"), "line-server.port=0\n" + settings);
        assertEquals(exitCode, run("serve", file.toString(), "--config=" + config));
        List<String> lines = err.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(
                lines.getFirst().startsWith("line-server: ") && lines.getFirst().contains(message), lines.getFirst());
        assertFalse(Files.exists(directory.resolve("data")));
    }

    @Test
    void theProgramPrintsItsHelpAndVersion() {
        assertEquals(0, run("--help"));
        assertTrue(
                out.toString(StandardCharsets.UTF_8).contains("LINE_SERVER_DATA_DIR"),
                out.toString(StandardCharsets.UTF_8));
        assertEquals(0, run("--version"));
        assertTrue(
                out.toString(StandardCharsets.UTF_8).startsWith("line-server "), out.toString(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    ^^                            | no command is given; the commands are serve, ingest, verify, plan, get, mcp, datasets, versions, diff, publish, rollback, builds, drop, reclaim, key, doctor; see line-server --help
                    ingest                        | missing required parameter: 'FILE'; see line-server ingest --help
                    getx                          | there is no command 'getx'; did you mean get?; see line-server --help
                    gett 1                        | there is no command 'gett'; did you mean get?; see line-server --help
                    datasets --jsn                | unknown option: '--jsn'; did you mean --json?; see line-server datasets --help
                    datasets --data-dr            | unknown option: '--data-dr'; did you mean --data-dir?; see line-server datasets --help
                    get 1 --data-dri=x            | unknown option: '--data-dri=x'; did you mean --data-dir?; see line-server get --help
                    ignest x                      | there is no command 'ignest'; did you mean ingest?; see line-server --help
                    frobnicate                    | there is no command 'frobnicate'; see line-server --help
                    get -                         | '-' selects no lines: -N is the last N lines, and N is at least 1
                    get -0                        | '-0' selects no lines: -N is the last N lines, and N is at least 1
                    get -- -1 --data-dir d        | '--data-dir' selects no lines: every argument after -- selects lines; give options before it
                    get -5 --verson               | unknown option: '--verson'; did you mean --version?; see line-server get --help
                    get --verson -5               | unknown option: '--verson'; did you mean --version?; see line-server get --help
                    get 1 2-x                     | 'x': a line number is a whole number without a sign, and the first line's number is 1
                    get 1--2                      | '-2': a line number is a whole number without a sign, and the first line's number is 1
                    get x                         | 'x': a line number is a whole number without a sign, and the first line's number is 1
                    get 0                         | '0': a line number is a whole number without a sign, and the first line's number is 1
                    get 5-3                       | the range 5-3 ends before it begins
                    get 1 --first-line-number=2   | --first-line-number: the first line's number is 0 or 1
                    ingest x --dataset=No         | --dataset: 'No' is not a dataset name: use 1 to 32 characters from a-z, 0-9 and '-', and do not begin with '-'
                    serve --port=99999            | --port: 99999 is not between 0 and 65535
                    serve --port=-1               | --port: -1 is not between 0 and 65535
                    serve --port=x                | --port: Expected an integer value, got "x"
                    serve --cors-origins=example.org | --cors-origins: 'example.org' is not an origin as browsers send it; use SCHEME://HOST or SCHEME://HOST:PORT in lower case, without a path or the default port, or * alone for all origins; a port is 1 to 65535
                    serve --cors-origins=https://example.org/ | --cors-origins: 'https://example.org/' is not an origin as browsers send it; use SCHEME://HOST or SCHEME://HOST:PORT in lower case, without a path or the default port, or * alone for all origins; a port is 1 to 65535
                    serve --cors-origins=https://Example.org | --cors-origins: 'https://Example.org' is not an origin as browsers send it; use SCHEME://HOST or SCHEME://HOST:PORT in lower case, without a path or the default port, or * alone for all origins; a port is 1 to 65535
                    serve --cors-origins=https://a,https://b:443 | --cors-origins: 'https://b:443' is not an origin as browsers send it; use SCHEME://HOST or SCHEME://HOST:PORT in lower case, without a path or the default port, or * alone for all origins; a port is 1 to 65535
                    serve --cors-origins=https://a,* | --cors-origins: '*' is not an origin as browsers send it; use SCHEME://HOST or SCHEME://HOST:PORT in lower case, without a path or the default port, or * alone for all origins; a port is 1 to 65535
                    serve --cors-origins=https://example.org:99999 | --cors-origins: 'https://example.org:99999' is not an origin as browsers send it; use SCHEME://HOST or SCHEME://HOST:PORT in lower case, without a path or the default port, or * alone for all origins; a port is 1 to 65535
                    serve --cors-origins=https://example.org:0 | --cors-origins: 'https://example.org:0' is not an origin as browsers send it; use SCHEME://HOST or SCHEME://HOST:PORT in lower case, without a path or the default port, or * alone for all origins; a port is 1 to 65535
                    serve --cors-origins=https://example.org:08443 | --cors-origins: 'https://example.org:08443' is not an origin as browsers send it; use SCHEME://HOST or SCHEME://HOST:PORT in lower case, without a path or the default port, or * alone for all origins; a port is 1 to 65535
                    serve --traces=http://localhost:99999/v1/traces | --traces: 'http://localhost:99999/v1/traces' is not the URL of a collector, such as http://localhost:4318/v1/traces; a port is 1 to 65535
                    serve --traces=http://localhost:0 | --traces: 'http://localhost:0' is not the URL of a collector, such as http://localhost:4318/v1/traces; a port is 1 to 65535
                    serve --traces=localhost:4318 | --traces: 'localhost:4318' is not the URL of a collector, such as http://localhost:4318/v1/traces; a port is 1 to 65535
                    serve --traces=http://localhost:4318/{x} | --traces: 'http://localhost:4318/{x}' is not the URL of a collector, such as http://localhost:4318/v1/traces; a port is 1 to 65535
                    serve --host=localhost:8080 | --host: 'localhost:8080' is not the name or the address of a host; leave out a scheme, a port and a path
                    serve --host=10.0.0.1:8080 | --host: '10.0.0.1:8080' is not the name or the address of a host; leave out a scheme, a port and a path
                    serve --host=http://localhost | --host: 'http://localhost' is not the name or the address of a host; leave out a scheme, a port and a path
                    serve --host=[::1]:8080 | --host: '[::1]:8080' is not the name or the address of a host; leave out a scheme, a port and a path
                    serve --host=a/b | --host: 'a/b' is not the name or the address of a host; leave out a scheme, a port and a path
                    serve --cors-origins=, | --cors-origins is empty; give it a value, or leave it out
                    ingest x --keep=0             | --keep: 0 is not between 1 and 1000
                    ingest x --keep=1001          | --keep: 1001 is not between 1 and 1000
                    ingest x --keep=x             | --keep: Expected an integer value, got "x"
                    ingest x --rate=fast          | --rate: 'fast' is not a rate: use lines per second, such as 50000, or bytes per second, such as 500kB, 20MB or 20MiB
                    ingest x --rate=0             | --rate: '0' is not a rate: use lines per second, such as 50000, or bytes per second, such as 500kB, 20MB or 20MiB
                    ingest x --priority=high      | --priority: 'high' is neither normal nor low
                    ingest x --compress=zstd --aerospike=h:1 | --compress zstd compresses the lines of a record together, and a record has one line; add --lines-per-record auto
                    ingest x --compress=gzip      | --compress: 'gzip' is neither none nor zstd
                    ingest x --expect-lines=-1    | --expect-lines: -1 is below 0
                    ingest x --expect-lines=x     | invalid value for option '--expect-lines': 'x' is not a whole number, or too large; see line-server ingest --help
                    ingest x --expect-digest=abc  | --expect-digest: 'abc' is not a digest of 32 hexadecimal digits
                    ingest x --max-change=-0.1    | --max-change: -0.1 is below 0
                    get 1 --version               | missing required parameter for option '--version' (V); see line-server get --help
                    verify x --from 1 --counts    | --from, --sample and --counts exclude each other; give one of them
                    verify x --sample 5 --from 2  | --from, --sample and --counts exclude each other; give one of them
                    verify x --seed 5             | --seed chooses the lines of --sample; give both, or none
                    verify x --sample 0           | --sample: 0 is not between 1 and 1000000
                    verify x --sample 1000001     | --sample: 1000001 is not between 1 and 1000000
                    verify x --from 0             | --from: '0': a line number is a whole number without a sign, and the first line's number is 1
                    ingest x --max-change NaN     | invalid value for option '--max-change': 'NaN' is not a number; see line-server ingest --help
                    rollback x --version y        | invalid value for option '--version': 'y' is not a whole number, or too large; see line-server rollback --help
                    ingest x --version 3          | --version prints the version of the program, and takes no value and no other arguments; see line-server ingest --help
                    diff default 1 2 --version    | --version prints the version of the program, and takes no value and no other arguments; see line-server diff --help
                    publish default               | missing required option: '--version=V'; see line-server publish --help
                    rollback No                   | 'No' is not a valid dataset name; see line-server datasets
                    diff default 1                | missing required parameter: 'V2'; see line-server diff --help
                    diff default 1 2 --first=-1   | --first: -1 is below 0
                    serve --access-log=xml        | --access-log: 'xml' is none of none, common, combined and json
                    serve --log-format=xml        | --log-format: 'xml' is neither text nor json
                    get 1 --store=disk            | --store: 'disk' is neither embedded nor aerospike
                    get 1 --store=aerospike       | no Aerospike cluster is named; name its nodes with --aerospike HOST:PORT[,HOST:PORT]
                    get 1 --aerospike=db:70000    | --aerospike: 'db:70000' is not an Aerospike host: use HOST, HOST:PORT or HOST:TLS-NAME:PORT; a port is 1 to 65535
                    get 1 --aerospike-connections=0      | --aerospike-connections: 0 is not between 1 and 100000
                    get 1 --aerospike-connections=100001 | --aerospike-connections: 100001 is not between 1 and 100000
                    get 1 --aerospike-timeout=9          | --aerospike-timeout: 9 is not between 10 and 600000
                    get 1 --aerospike-timeout=600001     | --aerospike-timeout: 600001 is not between 10 and 600000
                    get 1 --aerospike=db:30OO     | --aerospike: the port '30OO' of 'db:30OO' is not a number; use HOST, HOST:PORT or HOST:TLS-NAME:PORT
                    get 1 --aerospike=a,[::1]:x   | --aerospike: the port 'x' of '[::1]:x' is not a number; use HOST, HOST:PORT or HOST:TLS-NAME:PORT
                    get 1 --aerospike=            | --aerospike is empty; give it a value, or leave it out
                    get 1 --aerospike=,           | --aerospike is empty; give it a value, or leave it out
                    get 1 --aerospike-user=       | --aerospike-user is empty; give it a value, or leave it out
                    get 1 --aerospike-cluster-name= | --aerospike-cluster-name is empty; give it a value, or leave it out
                    get 1 --store=                | --store is empty; give it a value, or leave it out
                    get 1 --dataset=              | --dataset is empty; give it a value, or leave it out
                    get 1 --host=                 | unknown option: '--host='; see line-server get --help
                    serve --host=                 | --host is empty; give it a value, or leave it out
                    """)
    void incorrectUsagePrintsOneLineWithTheReason(String arguments, String message) {
        assertEquals(2, run(arguments.isEmpty() ? new String[0] : arguments.split(" ")));
        assertEquals("", out.toString(StandardCharsets.UTF_8));
        assertEquals("line-server: " + message + "\n", err.toString(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    max-range-lines         | 0       | is less than 1
                    max-range-lines         | -1      | is less than 1
                    max-range-bytes         | -5      | is less than 1
                    max-ranges              | 0       | is not between 1 and 1000000
                    version-check-interval  | 0s      | is not between 10ms and 1h
                    version-check-interval  | 2h      | is not between 10ms and 1h
                    lookup-timeout          | 1ms     | is not between 10ms and 1h
                    """)
    void aSettingBeyondItsBoundsIsRefused(String name, String value, String reason) {
        System.setProperty("line-server.http." + name, value);
        try {
            assertEquals(2, run("serve"));
        } finally {
            System.clearProperty("line-server.http." + name);
        }
        String message = err.toString(StandardCharsets.UTF_8);
        assertTrue(message.startsWith("line-server: line-server.http." + name + " in "), message);
        assertTrue(message.endsWith(": " + value + " " + reason + "\n"), message);
    }

    /** A server that looks more rarely would lose versions that are replaced. */
    @ParameterizedTest
    @CsvSource({"2001ms, 2", "1h, 2", "2s, 1"})
    void overAerospikeTheIntervalBetweenChecksIsBounded(String interval, int exitCode) {
        System.setProperty("line-server.http.version-check-interval", interval);
        try {
            assertEquals(0, run("datasets"), err.toString(StandardCharsets.UTF_8));
            assertEquals(exitCode, run("datasets", "--aerospike=127.0.0.1:1"));
        } finally {
            System.clearProperty("line-server.http.version-check-interval");
        }
        String message = err.toString(StandardCharsets.UTF_8);
        assertEquals(
                exitCode == 2,
                message.endsWith(": " + interval + " is not between 10ms and 2s, the bounds over Aerospike\n"),
                message);
    }

    @Test
    void aFileIsStoredListedReadVerifiedAndDropped() {
        assertEquals(0, run("ingest", file.toString()), err.toString(StandardCharsets.UTF_8));
        assertTrue(
                out.toString(StandardCharsets.UTF_8).contains("version 1: 2,000 lines"),
                out.toString(StandardCharsets.UTF_8));
        assertEquals(0, run("datasets"));
        assertTrue(
                out.toString(StandardCharsets.UTF_8).contains(file.toString()), out.toString(StandardCharsets.UTF_8));
        assertEquals(0, run("verify", file.toString()));
        assertTrue(
                out.toString(StandardCharsets.UTF_8).contains("2,000 lines, byte for byte"),
                out.toString(StandardCharsets.UTF_8));
        assertEquals(0, run("drop", "default"));
        assertEquals(0, run("datasets"));
        assertEquals("", out.toString(StandardCharsets.UTF_8));
        assertEquals(1, run("drop", "default"));
        assertTrue(
                err.toString(StandardCharsets.UTF_8).contains("no dataset default"),
                err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void jsonAnswersHoldTheManifestAndTheResult() {
        assertEquals(0, run("ingest", file.toString(), "--json", "--dataset=mine"));
        JsonObject ingested = new JsonObject(out.toString(StandardCharsets.UTF_8));
        assertEquals(2_000, ingested.getLong("lines"));
        assertEquals(content.length, ingested.getLong("bytes"));
        assertTrue(ingested.getBoolean("stored"));
        assertEquals(0, run("ingest", file.toString(), "--json", "--dataset=mine", "--if-changed"));
        assertFalse(new JsonObject(out.toString(StandardCharsets.UTF_8)).getBoolean("stored"));
        assertEquals(0, run("datasets", "--json"));
        JsonObject listed = new JsonObject(out.toString(StandardCharsets.UTF_8))
                .getJsonArray("datasets")
                .getJsonObject(0);
        assertEquals(ingested.getString("digest"), listed.getString("digest"));
        assertEquals("mine", listed.getString("dataset"));
        assertEquals(0, run("plan", file.toString(), "--json"));
        JsonObject plan = new JsonObject(out.toString(StandardCharsets.UTF_8));
        assertTrue(plan.getBoolean("fits"));
        assertEquals("lines", plan.getJsonArray("figures").getJsonObject(0).getString("name"));
        assertEquals(2_000, plan.getJsonArray("figures").getJsonObject(0).getLong("value"));
        assertEquals(0, run("verify", file.toString(), "--json", "--dataset=mine"));
        assertTrue(new JsonObject(out.toString(StandardCharsets.UTF_8)).getBoolean("same"));
    }

    @Test
    void aCompressedVersionNeedsNoOptionOfReaders() throws Exception {
        Files.writeString(file, ("x".repeat(99) + "\n").repeat(10_000) + "last");
        assertEquals(0, run("ingest", file.toString(), "--compress=zstd", "--json"));
        JsonObject stored = new JsonObject(out.toString(StandardCharsets.UTF_8));
        assertEquals("embedded-4-zstd", stored.getString("layout"));
        assertEquals(0, run("verify", file.toString()), err.toString(StandardCharsets.UTF_8));
        Files.delete(file);
        assertEquals(0, run("get", "10001"));
        assertEquals("last", out.toString(StandardCharsets.UTF_8));
    }

    /** The rate bounds every block of 256 KiB but the last, so this holds on the slowest machine. */
    @ParameterizedTest
    @ValueSource(strings = {"--rate=2MB", "--rate=20000"})
    void anIngestKeepsItsRateInBothStoresAndReportsIt(String rate) throws Exception {
        Files.writeString(file, ("x".repeat(99) + "\n").repeat(10_000));
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            for (String store : List.of("--store=embedded", "--aerospike=" + node.address())) {
                assertEquals(
                        0,
                        run("ingest", file.toString(), rate, "--priority=low", store, "--json"),
                        err.toString(StandardCharsets.UTF_8));
                JsonObject report = new JsonObject(out.toString(StandardCharsets.UTF_8));
                double seconds = report.getDouble("seconds");
                assertTrue(seconds > 0.3, report.encode());
                assertEquals(99, report.getLong("longestLine"));
                assertEquals(Math.round(10_000 / seconds), report.getLong("linesPerSecond"));
                assertEquals(Math.round(1_000_000 / seconds), report.getLong("bytesPerSecond"));
                assertEquals(0, report.getLong("retries"));
                assertEquals(0, report.getLong("overloads"));
            }
        }
    }

    @Test
    void retriesAreReported() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            node.overload(1);
            assertEquals(0, run("ingest", file.toString(), "--aerospike=" + node.address()));
            assertTrue(
                    out.toString(StandardCharsets.UTF_8).endsWith("/s) with 1 retry, 1 overload of the cluster\n"),
                    out.toString(StandardCharsets.UTF_8));
            assertEquals(
                    "line-server: the cluster is overloaded, or answers late;"
                            + " the ingest goes on with fewer batches at a time\n",
                    err.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void verifyFailsOnADifferentFile() throws Exception {
        run("ingest", file.toString(), "--copy");
        content = content.clone();
        content[content.length / 2] ^= 1;
        Files.write(file, content);
        assertEquals(1, run("verify", file.toString()));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("differs"), out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void failuresExitWith1AndPrintAMessageWithoutAStackTrace() {
        for (String[] failing : new String[][] {
            {"ingest", directory.toString()},
            {"ingest", "/no/such/file"},
            {"ingest", ""},
            {"verify", file.toString()},
            {"get", "1"}
        }) {
            assertEquals(1, run(failing), String.join(" ", failing));
            assertEquals("", out.toString(StandardCharsets.UTF_8));
            assertTrue(
                    err.toString(StandardCharsets.UTF_8).startsWith("line-server: "),
                    err.toString(StandardCharsets.UTF_8));
            assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count(), err.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void helpShowsTheDefaultOfEachSetting() {
        assertEquals(0, run("serve", "--help"));
        String help = out.toString(StandardCharsets.UTF_8).replaceAll("\\s+", " ");
        for (String setting : List.of("8080", "127.0.0.1", "1", "default", "lines", "1000", "300")) {
            assertTrue(help.contains("Default: " + setting + " "), setting + " in " + help);
        }
    }

    @Test
    void anEmptyDataDirectoryIsRefused() {
        for (String empty : List.of("", " ")) {
            assertEquals(2, runWithoutDataDir(out, "datasets", "--data-dir", empty));
            assertEquals(
                    "line-server: --data-dir is empty; give it a value, or leave it out\n",
                    err.toString(StandardCharsets.UTF_8));
        }
    }

    @Test
    void anEmptySettingIsRefusedAndNamedAsItsSourceSpellsIt() {
        for (String setting : Settings.defaults().keySet()) {
            System.setProperty("line-server." + setting, "");
            try {
                assertEquals(2, run("datasets"), setting);
            } finally {
                System.clearProperty("line-server." + setting);
            }
            String message = err.toString(StandardCharsets.UTF_8);
            assertTrue(message.matches("line-server: line-server\\." + setting + " in \\S+ is empty; .*\n"), message);
        }
    }

    /** No locale can express a zero byte. */
    @Test
    void aUserWithoutAUsableHomeDirectoryMustNameADataDirectory() {
        String home = System.getProperty("user.home");
        try {
            System.setProperty("user.home", "?");
            assertEquals(2, runWithoutDataDir(out, "datasets"));
            assertEquals(
                    "line-server: this user has no home directory to keep data in;"
                            + " name a directory with --data-dir or LINE_SERVER_DATA_DIR\n",
                    err.toString(StandardCharsets.UTF_8));
            System.setProperty("user.home", "a\0b");
            assertEquals(2, runWithoutDataDir(out, "datasets"));
        } finally {
            System.setProperty("user.home", home);
        }
        assertEquals(
                "line-server: cannot use the home directory for data: the locale of this process cannot express the name"
                        + " 'a\\u0000b'; set LC_ALL=C.UTF-8\n",
                err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void controlCharactersInFileNamesAreEscaped() throws Exception {
        Path named = Files.write(directory.resolve("a\nb\u001b[31m"), content);
        assertEquals(0, run("ingest", named.toString()), err.toString(StandardCharsets.UTF_8));
        assertEquals(0, run("datasets"));
        assertEquals(2, out.toString(StandardCharsets.UTF_8).lines().count(), out.toString(StandardCharsets.UTF_8));
        assertTrue(
                out.toString(StandardCharsets.UTF_8).contains("a\\u000ab\\u001b[31m"),
                out.toString(StandardCharsets.UTF_8));
        assertEquals(1, run("ingest", named + "none"));
        assertEquals(1, err.toString(StandardCharsets.UTF_8).lines().count(), err.toString(StandardCharsets.UTF_8));
    }

    /** JSON has an escape for each of the two UTF-16 units of a character. */
    @Test
    void aNameInJsonIsTheNameAlsoWithFormatCharacters() throws Exception {
        String name = "a\udb40\udc67b\u202e\n";
        StandardOutput json = new StandardOutput(Channels.newChannel(out), Terminal.NONE);
        json.line(JsonObject.of("source", name).encode());
        json.flush();
        String printed = out.toString(StandardCharsets.UTF_8);
        assertTrue(printed.chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')), printed);
        assertEquals(name, new JsonObject(printed).getString("source"));
    }

    @ParameterizedTest
    @CsvSource({
        "ingest a.txt, interrupted; nothing was published",
        "serve, interrupted; nothing was published",
        "drop d, 'interrupted; the dataset may have been dropped, see line-server datasets'",
        "drop d --version 3, 'interrupted; the version may have been dropped, see line-server versions d'",
        "drop d --build, 'interrupted; the unfinished build may have been dropped, see line-server builds'",
        "publish d --version 3, 'interrupted; the version may have been published, see line-server versions d'",
        "rollback d, 'interrupted; the version may be current, see line-server versions d'",
        "get 1, interrupted",
        "verify a.txt, interrupted",
        "plan a.txt, interrupted",
        "datasets, interrupted"
    })
    void afterASignalACommandThatWritesSaysWhatIsLeft(String commandLine, String message) {
        Verb command = (Verb) LineServerCommand.commandLine()
                .parseArgs(commandLine.split(" ", -1))
                .subcommand()
                .commandSpec()
                .userObject();
        assertEquals(
                1,
                Failures.reportInterrupted(
                        command.interruption(),
                        new Messages(new PrintStream(err, true, StandardCharsets.UTF_8), Ansi.OFF)));
        assertEquals("line-server: " + message + "\n", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void tooLittleHeapPrintsOneLine() {
        Messages messages = new Messages(new PrintStream(err, true, StandardCharsets.UTF_8), Ansi.OFF);
        assertEquals(1, Failures.report(new IllegalStateException(new OutOfMemoryError("Java heap space")), messages));
        assertTrue(
                err.toString(StandardCharsets.UTF_8)
                        .matches("line-server: the heap of .*iB is too small for this; .* -Xmx2g\n"),
                err.toString(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "1023, 1023 B", "1024, 1.0 KiB", "1048575, 1.0 MiB", "1572864, 1.5 MiB"})
    void bytesArePrintedInTheLargestFittingUnit(long bytes, String text) {
        assertEquals(text, Quantities.bytes(bytes));
    }

    @Test
    void aSystemPropertySetsAnOption() {
        System.setProperty("line-server.dataset", "from-property");
        try {
            assertEquals(0, run("ingest", file.toString()));
            assertTrue(
                    out.toString(StandardCharsets.UTF_8).contains("dataset from-property version 1"),
                    out.toString(StandardCharsets.UTF_8));
        } finally {
            System.clearProperty("line-server.dataset");
        }
    }

    @Test
    void aNewVersionIsReportedBeforeTheRecordsOfTheOldOneAreRemoved() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            String aerospike = "--aerospike=" + node.address();
            assertEquals(0, run("ingest", file.toString(), aerospike), err.toString(StandardCharsets.UTF_8));
            AtomicLong keptWhenReported = new AtomicLong();
            OutputStream reported = new FilterOutputStream(out) {
                @Override
                public void write(byte[] bytes, int offset, int length) {
                    keptWhenReported.set(node.recordsOfTheFirstSet());
                    CommandTest.this.out.write(bytes, offset, length);
                }
            };
            assertEquals(0, run(reported, "ingest", file.toString(), aerospike), err.toString(StandardCharsets.UTF_8));
            assertTrue(
                    out.toString(StandardCharsets.UTF_8).startsWith("dataset default version 2: 2,000 lines"),
                    out.toString(StandardCharsets.UTF_8));
            assertEquals(2_000, keptWhenReported.get());
            assertEquals(0, node.recordsOfTheFirstSet());
        }
    }
}
