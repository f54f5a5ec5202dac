package dev.lineserver.program;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.http.TestCertificates;
import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests the program as a process: streams, signals, environment, file systems and scripts. */
@EnabledOnOs(OS.LINUX)
final class CommandLineIT {
    @TempDir
    Path directory;

    private @Nullable Process server;

    @BeforeEach
    void write() throws IOException {
        Files.writeString(directory.resolve("x.txt"), "a\nb\nc\n");
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (server != null) {
            server.destroyForcibly().waitFor();
        }
    }

    private Path log() {
        return directory.resolve("log");
    }

    private void assertShell(int exitCode, String out, String err, String script) throws Exception {
        Program.Result result = Program.runShell(log(), script);
        assertEquals(err, result.err().replace(directory + "/", ""), script);
        assertEquals(out, new String(result.out(), StandardCharsets.UTF_8), script);
        assertEquals(exitCode, result.exitCode(), script);
    }

    /** Starts a script that runs {@code serve}, and returns the address that it prints. */
    private String serve(String script) throws Exception {
        Process started = Program.startShell(log(), script);
        server = started;
        Matcher[] listening = new Matcher[1];
        Awaitility.await().atMost(1, TimeUnit.MINUTES).until(() -> {
            listening[0] = Program.LISTENING.matcher(Files.readString(Program.err(log())));
            boolean found = listening[0].find();
            assertTrue(found || started.isAlive(), () -> "serve has ended: " + Program.text(Program.err(log())));
            return found;
        });
        return listening[0].group(1);
    }

    private static String get(String address) throws Exception {
        return get(HttpClient.newBuilder(), address);
    }

    private static String get(HttpClient.Builder builder, String address) throws Exception {
        try (HttpClient client = builder.build()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get 1",
                "datasets",
                "datasets --json",
                "plan x.txt",
                "verify x.txt",
                "--help",
                "get --help",
                "versions default",
                "versions default --json",
                "diff default 1 1",
                "rollback default --to 1",
                "reclaim",
                "doctor --port 0"
            })
    void aFailedWriteToStandardOutputExitsWith1(String command) throws Exception {
        String full = "line-server: standard output cannot be written: No space left on device\n";
        String closed = "line-server: standard output cannot be written: Bad file descriptor\n";
        String arguments = command.endsWith("help") ? command : command + " --data-dir data";
        assertShell(
                1,
                "",
                full + closed,
                "line-server ingest x.txt --data-dir data >ingested; line-server " + arguments
                        + " >/dev/full; [ $? = 1 ] && line-server " + arguments + " >&-");
    }

    /** A locale with translations changes the operating system's words for all errors. */
    @Test
    void errorsInAnotherLanguageAreUnderstood() throws Exception {
        Assumptions.assumeTrue(
                Files.exists(Path.of("/usr/share/locale/de/LC_MESSAGES/libc.mo"))
                        && Program.runShell(log(), "mkdir loc && localedef -i de_DE -f UTF-8 loc/de_DE.UTF-8")
                                        .exitCode()
                                == 0,
                "the German locale cannot be made");
        String german = "LINE_SERVER=(env LOCPATH=$PWD/loc LC_ALL=de_DE.UTF-8 \"${LINE_SERVER[@]}\"); ";
        assertShell(
                1,
                "1\n",
                "line-server: standard output cannot be written: Auf dem Gerät ist kein Speicherplatz mehr verfügbar\n",
                german + "seq 1000000 >x.txt; line-server ingest x.txt --data-dir data >ingested;"
                        + " line-server get 1- --data-dir data | head -n 1;"
                        + " line-server get 1 --data-dir data >/dev/full");
    }

    @Test
    void aBrokenPipeEndsGetWithoutAMessage() throws Exception {
        assertShell(
                1,
                "1\n",
                "",
                "seq 5000000 >many.txt; line-server ingest many.txt --data-dir data >ingested"
                        + " && line-server get 1-5000000 --data-dir data | head -1; exit ${PIPESTATUS[0]}");
    }

    @Test
    void closedStandardStreamsNeverReceiveTheNumberOfADataFile() throws Exception {
        assertShell(
                0,
                "",
                "",
                "line-server ingest x.txt --copy --data-dir data >&- 2>&-; [ $? = 1 ] || exit 3; grep -rl line-server data;"
                        + " line-server verify x.txt --data-dir data >verified");
    }

    @Test
    void closedStandardInputIsNotIngested() throws Exception {
        Program.Result result = Program.runShell(log(), "line-server ingest - --data-dir data <&-");
        assertEquals(1, result.exitCode());
        assertEquals(
                "line-server: cannot read standard input: it is closed; redirect it from a file or a pipe\n",
                result.err());
        assertShell(0, "", "", "line-server datasets --data-dir data");
    }

    @Test
    void standardInputIsIngested() throws Exception {
        assertShell(
                0,
                "b\n",
                "",
                "printf 'a\\nb\\n' | line-server ingest - --if-changed --data-dir data >ingested"
                        + " && line-server get 2 --data-dir data");
    }

    @Test
    void aPortInUseIsReportedBeforeTheFileIsStored() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = other.getLocalPort();
            assertShell(
                    0,
                    "",
                    "line-server: cannot listen on 127.0.0.1 port " + port
                            + ": Address already in use; see --host and --port\n",
                    "line-server serve x.txt --data-dir data --port " + port
                            + "; [ $? = 1 ] && line-server datasets --data-dir data");
        }
    }

    @Test
    void theBoundPortIsPrinted() throws Exception {
        String address = serve("exec \"${LINE_SERVER[@]}\" serve x.txt --data-dir data --port 0 --host ::1");
        assertTrue(address.matches("http://\\[::1]:[1-9]\\d+"), address);
        assertEquals("b", get(address + "/lines/2"));
    }

    @ParameterizedTest
    @CsvSource({"HUP, 129", "INT, 130", "TERM, 143"})
    void aSignalRollsBackAnIngest(String signal, int exitCode) throws Exception {
        // Children of a shell in the background ignore SIGINT, so interruptIngest() restores its default action.
        Process ingest = interruptIngest(signal, "--copy --data-dir data");
        assertEquals(exitCode, ingest.exitValue(), () -> Program.text(Program.err(log())));
        assertEquals("line-server: interrupted; nothing was published\n", lastLine(Program.text(Program.err(log()))));
        try (Stream<Path> left = Files.walk(directory.resolve("data"))) {
            assertEquals(
                    List.of(),
                    left.filter(file -> file.toString().contains("building")).toList());
        }
        assertShell(0, "", "", "line-server datasets --data-dir data");
    }

    @Test
    void aSignalReleasesTheLeaseAndKeepsTheStoredLines() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            String cluster = "--aerospike " + node.address();
            interruptIngest("TERM", cluster);
            String message = lastLine(Program.text(Program.err(log())));
            Matcher told = Pattern.compile(
                            "line-server: interrupted; nothing was published; ([0-9]{1,3}(?:,[0-9]{3})*) lines are stored;"
                                    + " continue with: (line-server ingest - " + cluster + " --resume)\n")
                    .matcher(message);
            assertTrue(told.matches(), message);
            assertShell(
                    1,
                    "",
                    "line-server: an ingest of '-' into dataset default ended before it was complete, and "
                            + told.group(1)
                            + " lines of it are stored. Continue it with --resume, or begin again with ingest --restart\n",
                    "line-server ingest x.txt " + cluster);
            assertShell(
                    0,
                    "dropped dataset default unfinished build\nno build is in progress, and none can be resumed\n",
                    "",
                    "line-server builds " + cluster
                            + " --json | grep -q '\"state\":\"unfinished\"' && line-server builds " + cluster
                            + " | tr -s ' ' | cut -d ' ' -f 1-4 | tr '\\n' / | grep -q '^DATASET VERSION STATE LINES/default 1 unfinished ["
                            + "0-9,]*/$' && line-server drop default --build "
                            + cluster + " && line-server builds " + cluster);
            assertEquals(0, node.recordsOfTheFirstSet());
            assertShell(0, "", "", "line-server ingest x.txt " + cluster + " >ingested 2>&1");
        }
    }

    /** Runs an ingest of standard input that receives the signal while it waits for more input. */
    private Process interruptIngest(String signal, String options) throws Exception {
        Process ingest =
                Program.startShell(log(), "exec env --default-signal=INT \"${LINE_SERVER[@]}\" ingest - " + options);
        byte[] lines = "a line that is repeated\n".repeat(1 << 18).getBytes(StandardCharsets.US_ASCII);
        ingest.getOutputStream().write(lines);
        ingest.getOutputStream().flush();
        assertTrue(ingest.isAlive(), () -> Program.text(Program.err(log())));
        signal(signal, ingest);
        return ingest;
    }

    private static void signal(String signal, Process command) throws Exception {
        assertEquals(
                0,
                new ProcessBuilder("kill", "-" + signal, command.pid() + "")
                        .start()
                        .waitFor());
        assertTrue(command.waitFor(30, TimeUnit.SECONDS), "the command is still running");
    }

    @ParameterizedTest
    @CsvSource({"HUP, 129", "INT, 130", "TERM, 143"})
    void aSignalEndsTheWaitForTheWriterOfAPipe(String signal, int exitCode) throws Exception {
        Process ingest = Program.startShell(
                log(), "mkfifo pipe; exec env --default-signal=INT \"${LINE_SERVER[@]}\" ingest pipe --data-dir data");
        Path threads = Path.of("/proc/" + ingest.pid() + "/task");
        Awaitility.await().atMost(1, TimeUnit.MINUTES).until(() -> {
            try (Stream<Path> all = Files.list(threads)) {
                return all.anyMatch(
                        thread -> Program.text(thread.resolve("comm")).equals("pipe-opener\n"));
            }
        });
        signal(signal, ingest);
        assertEquals(exitCode, ingest.exitValue(), () -> Program.text(Program.err(log())));
        assertEquals("line-server: interrupted; nothing was published\n", Program.text(Program.err(log())));
    }

    @Test
    void aSignalEndsACommandWhoseReaderDoesNotRead() throws Exception {
        assertShell(0, "", "", "seq 5000000 >many.txt; line-server ingest many.txt --data-dir data >ingested");
        Process get = Program.startShell(
                log(), "mkfifo pipe; exec 3<>pipe; exec \"${LINE_SERVER[@]}\" get 1-5000000 --data-dir data >pipe");
        Path pipe = directory.resolve("pipe");
        Awaitility.await().atMost(1, TimeUnit.MINUTES).until(() -> Files.exists(pipe));
        try (InputStream reader = Files.newInputStream(pipe)) {
            assertEquals('1', reader.read());
            // The pipe holds 64 KiB, so that the write waits.
            signal("TERM", get);
        }
        assertEquals(143, get.exitValue());
        assertEquals("line-server: interrupted\n", Program.text(Program.err(log())));
    }

    /** What commands log is printed, too. */
    @Test
    void aSignalInTheWaitForReadersSaysWhatIsLeft() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            String ingest = " x.txt --aerospike " + node.address();
            assertShell(0, "", "", "line-server ingest" + ingest + " >ingested");
            Process second = Program.startShell(log(), "exec \"${LINE_SERVER[@]}\" ingest" + ingest + " >reported");
            Path reported = directory.resolve("reported");
            Awaitility.await()
                    .atMost(1, TimeUnit.MINUTES)
                    .until(() -> Program.text(reported).contains("version 2: 3 lines"));
            signal("TERM", second);
            assertEquals(143, second.exitValue());
            assertEquals(
                    "line-server: interrupted before the records that are no longer needed were deleted; the next"
                            + " ingest, drop, server or line-server reclaim deletes them\n",
                    Program.text(Program.err(log())));
        }
    }

    /** The report waits for the reader of a full pipe when the command receives the signal. */
    @ParameterizedTest
    @CsvSource({"'', was published", "--hold, is held and verified"})
    void aSignalAfterThePublicationNamesTheVersion(String option, String outcome) throws Exception {
        Assumptions.assumeTrue(
                Files.exists(Path.of("/proc/self/wchan")), "this kernel does not say where a thread waits");
        Process ingest = Program.startShell(
                log(),
                "mkfifo pipe; exec 3<>pipe; dd if=/dev/zero of=pipe bs=64K count=1 2>dd;"
                        + " exec \"${LINE_SERVER[@]}\" ingest x.txt " + option + " --data-dir data >pipe");
        Path versions = directory.resolve("data/default/versions");
        Awaitility.await().atMost(1, TimeUnit.MINUTES).until(() -> isWritingToAPipe(ingest) && Files.exists(versions));
        signal("TERM", ingest);
        assertEquals(143, ingest.exitValue());
        assertEquals(
                "line-server: interrupted; version 1 of dataset default " + outcome + "\n",
                Program.text(Program.err(log())));
    }

    /** The kernel names the function in which a thread waits. */
    private static boolean isWritingToAPipe(Process process) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
            return threads.anyMatch(
                    thread -> Program.text(thread.resolve("wchan")).contains("pipe_w"));
        }
    }

    /** The comparison waits for the end of its file when it receives the signal. */
    @Test
    void aSignalEndsAVerifyAndNamesTheLineFromWhichItIsResumed() throws Exception {
        assertShell(0, "", "", "seq 3000000 >many.txt; line-server ingest many.txt --data-dir data >ingested");
        Process verify = Program.startShell(
                log(), "exec env --default-signal=INT \"${LINE_SERVER[@]}\" verify - --data-dir data");
        // More than the blocks that are read ahead. The pipe is not closed.
        verify.getOutputStream().write(Files.readAllBytes(directory.resolve("many.txt")));
        verify.getOutputStream().flush();
        assertTrue(verify.isAlive(), () -> Program.text(Program.err(log())));
        signal("INT", verify);
        assertEquals(130, verify.exitValue(), () -> Program.text(Program.err(log())));
        Matcher resume = Pattern.compile("line-server: interrupted before line (\\d+); resume with --from \\1\n")
                .matcher(Program.text(Program.err(log())));
        assertTrue(resume.matches(), () -> Program.text(Program.err(log())));
        String next = resume.group(1);
        assertShell(
                1,
                "dataset default version 1 differs from changed.txt: line " + next + " differs from byte 1 on\n"
                        + "compared: " + String.format(Locale.ROOT, "%,d", 3_000_001 - Long.parseLong(next))
                        + " lines from line " + next + " on, and the digest of the whole\n",
                "",
                "sed '" + next + "s/^./x/' many.txt >changed.txt;"
                        + " line-server verify changed.txt --data-dir data --from " + next);
        assertShell(
                0,
                "",
                "",
                "line-server verify many.txt --data-dir data --from " + next + " >equal; grep -q equals equal");
    }

    private static String lastLine(String text) {
        return text.substring(text.lastIndexOf('\n', text.length() - 2) + 1);
    }

    @Test
    void settingsAreReadFromTheConfigurationFile() throws Exception {
        Files.createDirectory(directory.resolve("config"));
        Files.writeString(directory.resolve("config/application.properties"), """
                line-server.data-dir=file$$data
                line-server.dataset=from-file
                line-server.first-line-number=0
                line-server.port=0
                """);
        assertShell(
                0,
                "a\n",
                "",
                "line-server ingest x.txt >ingested && [ -d 'file$$data/from-file' ] && line-server get 0 &&"
                        + " LINE_SERVER_DATASET=from-environment line-server ingest x.txt --dataset from-option >ingested"
                        + " && [ ! -e 'file$$data/from-environment' ] && [ -d 'file$$data/from-option' ]");
        assertEquals("a", get(serve("exec \"${LINE_SERVER[@]}\" serve") + "/lines/0"));
    }

    @Test
    void aDefaultConfigurationFileThatCannotBeReadIsRefused() throws Exception {
        Path file = Files.createDirectory(directory.resolve("config")).resolve("application.properties");
        Files.createSymbolicLink(file, Path.of("none"));
        assertRefusesDefaultFile("cannot read the configuration file config/application.properties: ");
        Files.delete(file);
        Files.writeString(file, "line-server.data-dir=d\n", StandardCharsets.UTF_16);
        assertRefusesDefaultFile("the configuration file config/application.properties is not UTF-8 text; ");
        Files.writeString(file, "line-server.datadir=d\n");
        assertRefusesDefaultFile("config/application.properties line 1: there is no setting line-server.datadir; ");
    }

    private void assertRefusesDefaultFile(String message) throws Exception {
        Program.Result result = Program.runShell(log(), "line-server ingest x.txt");
        assertEquals(2, result.exitCode());
        assertTrue(result.err().startsWith("line-server: " + message), result.err());
    }

    @Test
    void aConfigurationFileReplacesTheDefaultOne() throws Exception {
        Files.createDirectory(directory.resolve("config"));
        Files.writeString(directory.resolve("config/application.properties"), """
                line-server.dataset=default-file
                line-server.first-line-number=0
                quarkus.shutdown.timeout=wrong
                """);
        Files.writeString(directory.resolve("my.properties"), """
                line-server.data-dir=a$$b
                line-server.port=0
                line-server.http.cache-control=max-age=7
                quarkus.http.header."X-From-File".value=yes
                """);
        assertShell(
                0,
                "a\n",
                "",
                "LINE_SERVER_CONFIG=my.properties line-server ingest x.txt >ingested && [ -d 'a$$b/default' ]"
                        + " && line-server get 1 --config my.properties");
        String address = serve("exec \"${LINE_SERVER[@]}\" serve --config my.properties") + "/lines/1";
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString());
            assertEquals("a", answer.body());
            assertEquals(
                    "max-age=7", answer.headers().firstValue("Cache-Control").orElse(""));
            assertEquals("yes", answer.headers().firstValue("X-From-File").orElse(""));
        }
    }

    @Test
    void doctorWritesNothing() throws Exception {
        assertShell(
                0,
                "\"healthy\":true\n\"served dataset\",\"state\":\"ok\"\n",
                "",
                "line-server ingest x.txt --data-dir data >ingested; before=$(find . | sort);"
                        + " answer=$(line-server doctor --json --port 0 --data-dir data)"
                        + " && [ \"$before\" = \"$(find . | sort)\" ]"
                        + " && echo \"$answer\" | grep -o '\"healthy\":true'"
                        + " && echo \"$answer\" | grep -o '\"served dataset\",\"state\":\"ok\"'");
    }

    @Test
    void aVariableThatIsNoSettingIsRefused() throws Exception {
        assertShell(
                2,
                "",
                """
                line-server: there is no setting LINE_SERVER_API_KEYS; did you mean LINE_SERVER_HTTP_API_KEYS?
                line-server: QUARKUS_HTTP_PORT: set line-server.port instead
                """,
                "LINE_SERVER_API_KEYS=keys line-server serve x.txt --data-dir data;"
                        + " QUARKUS_HTTP_PORT=1 line-server serve x.txt --data-dir data --port 0");
    }

    /** Containers often have no other settings. */
    @Test
    void theEnvironmentAloneConfiguresTls() throws Exception {
        TestCertificates.pem(directory, "localhost", "RSA");
        String address = serve("line-server ingest x.txt --data-dir data >ingested;"
                + " export QUARKUS_TLS_KEY_STORE_PEM_0_CERT=localhost.crt QUARKUS_TLS_KEY_STORE_PEM_0_KEY=localhost.key"
                + " QUARKUS_HTTP_SSL_PORT=0 QUARKUS_HTTP_INSECURE_REQUESTS=disabled;"
                + " exec \"${LINE_SERVER[@]}\" serve --data-dir data --port 0");
        SSLContext trusting = TestCertificates.trusting(directory.resolve("localhost"));
        assertTrue(address.startsWith("https:"), address);
        assertEquals(
                "b",
                get(
                        HttpClient.newBuilder().sslContext(trusting),
                        address.replace("127.0.0.1", "localhost") + "/lines/2"));
    }

    /** Which algorithms a native executable has is decided when it is built. */
    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void doctorFindsAKeyOfAnotherCertificate(String algorithm) throws Exception {
        TestCertificates.pem(directory, "one", algorithm);
        TestCertificates.pem(directory, "two", algorithm);
        assertShell(
                0,
                "\"certificates\",\"state\":\"warning\"\n\"certificates\",\"state\":\"failure\"\n",
                "",
                "for key in one two; do pair=quarkus.tls.key-store.pem.0;"
                        + " printf '%s\\n' quarkus.http.ssl-port=0 $pair.cert=one.crt $pair.key=$key.key >config;"
                        + " line-server doctor --json --port 0 --data-dir data --config config"
                        + " | grep -o '\"certificates\",\"state\":\"[a-z]*\"'; done");
    }

    /** Each answer comes while the input is open, and nothing else is on standard output. */
    @Test
    void mcpAnswersOnStandardOutputUntilTheEndOfTheInput() throws Exception {
        assertShell(0, "", "", "line-server ingest x.txt --data-dir data >ingested");
        Process mcp = Program.startShell(log(), "exec \"${LINE_SERVER[@]}\" mcp --data-dir data");
        server = mcp;
        String expected = "";
        for (int start = 1; start <= 3; start++) {
            mcp.getOutputStream()
                    .write(("{\"jsonrpc\":\"2.0\",\"id\":" + start + ",\"method\":\"tools/call\",\"params\":"
                                    + "{\"name\":\"read_lines\",\"arguments\":{\"count\":1,\"start\":" + start
                                    + "}}}\n")
                            .getBytes(StandardCharsets.UTF_8));
            mcp.getOutputStream().flush();
            String end = start == 3 ? "\\\"end\\\":true" : "\\\"next\\\":" + (start + 1);
            expected += "{\"jsonrpc\":\"2.0\",\"id\":" + start
                    + ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\""
                    + "{\\\"dataset\\\":\\\"default\\\",\\\"version\\\":1,\\\"line_count\\\":3,\\\"lines\\\":["
                    + "{\\\"number\\\":" + start + ",\\\"text\\\":\\\"" + (char) ('a' + start - 1) + "\\\"}]," + end
                    + "}\"}],\"isError\":false}}\n";
            String answers = expected;
            Awaitility.await()
                    .atMost(1, TimeUnit.MINUTES)
                    .until(() -> Files.readString(Program.out(log())).equals(answers) || !mcp.isAlive());
            assertEquals(expected, Files.readString(Program.out(log())));
        }
        mcp.getOutputStream().close();
        assertTrue(mcp.waitFor(1, TimeUnit.MINUTES));
        assertEquals(0, mcp.exitValue());
        assertEquals(
                "line-server: serving dataset default version 1: 3 lines, from " + directory.resolve("x.txt") + "\n",
                Files.readString(Program.err(log())));
    }

    /** {@code script} runs a command on a terminal of its own. */
    @Test
    void coloursAreOnATerminalOnly() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script is not installed");
        assertShell(
                0,
                "help coloured\nerror coloured\nnarrow\n",
                "",
                "on() { TERM=xterm script -qec \"$(printf '%q ' \"$@\")\" /dev/null </dev/null; };"
                        + " esc=$(printf '\\033');"
                        + " on \"${LINE_SERVER[@]}\" get --help | grep -q \"$esc\" && echo help coloured;"
                        + " on \"${LINE_SERVER[@]}\" nonsense | grep -q \"$esc\" && echo error coloured;"
                        + " on env NO_COLOR=1 \"${LINE_SERVER[@]}\" nonsense | grep \"$esc\";"
                        + " on env TERM=dumb \"${LINE_SERVER[@]}\" get --help | grep \"$esc\";"
                        + " on sh -c '\"$@\" get --help | cat' - \"${LINE_SERVER[@]}\" | grep \"$esc\";"
                        + " line-server get --help | grep \"$esc\";"
                        + " line-server ingest x.txt --data-dir data >ingested;"
                        + " on env COLUMNS=40 \"${LINE_SERVER[@]}\" datasets --data-dir data | grep -q … && echo narrow");
    }

    @Test
    void valuesAreUsedVerbatim() throws Exception {
        assertShell(
                1,
                "",
                "line-server: cannot read @x.txt: it does not exist\n",
                "line-server ingest x.txt --data-dir 'a$$b ${c}' >ingested; [ -d 'a$$b ${c}/default' ] && line-server ingest @x.txt");
        assertEquals("c", get(serve("exec \"${LINE_SERVER[@]}\" serve --port 0 --data-dir 'a$$b ${c}'") + "/lines/3"));
        assertEquals("", Program.text(Program.out(log())));
    }

    @Test
    void anEmptyVariableIsRefused() throws Exception {
        assertShell(
                2,
                "",
                "line-server: LINE_SERVER_DATA_DIR is empty; give it a value, or leave it out\n",
                "LINE_SERVER_DATA_DIR= line-server datasets");
    }

    @Test
    void aPortVariableSetByKubernetesIsRefused() throws Exception {
        assertShell(
                2,
                "",
                "line-server: LINE_SERVER_PORT: Expected an integer value, got \"tcp://10.0.0.1:80\"; Kubernetes sets it for"
                        + " a Service of that name, unless the pod has enableServiceLinks: false\n",
                "LINE_SERVER_PORT=tcp://10.0.0.1:80 line-server serve x.txt --data-dir data");
    }

    @Test
    void serveExitsIfTheStoreCannotBeUsed() throws Exception {
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            Program.Result result = Program.runShell(
                    log(),
                    "line-server serve --port 0 --aerospike-namespace none --data-dir data --aerospike "
                            + node.address());
            assertEquals(1, result.exitCode(), result.err());
            assertTrue(result.err().matches("line-server: .*none.*\n"), result.err());
        }
    }

    @Test
    void aFileNameThatTheLocaleCannotEncodeIsRefusedOrStored() throws Exception {
        Program.Result result = Program.runShell(
                log(), "cp x.txt 'z\u00fc.txt'; export LC_ALL=C; line-server ingest 'z\u00fc.txt' --data-dir data");
        if (Program.isNative()) {
            // It encodes all names in UTF-8, whatever the locale is.
            assertEquals(0, result.exitCode(), result.err());
            Program.Result read = Program.runShell(log(), "LC_ALL=C.UTF-8 line-server get 1 --data-dir data");
            assertEquals(0, read.exitCode(), read.err());
            return;
        }
        assertEquals(1, result.exitCode());
        assertTrue(result.err().matches("line-server: .*locale.*LC_ALL=C.UTF-8\\S*\n"), result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ro", "noexec"})
    void noVerbNeedsATemporaryDirectory(String option) throws Exception {
        Assumptions.assumeTrue(
                new ProcessBuilder("unshare", "-rm", "true").start().waitFor() == 0,
                "SKIPPED: this user may not call unshare");
        Path data = Files.createTempDirectory(Path.of("target"), "no-tmp").toAbsolutePath();
        String dataDir = " --data-dir '" + data + "'";
        Assumptions.assumeFalse(data.startsWith("/tmp"), "SKIPPED: the build directory is below /tmp");
        String mount = "mount --bind /tmp /tmp && mount -o remount,bind," + option + " /tmp && exec \"$@\"";
        String wrapped = "\"${WITHOUT_TMP[@]}\" \"${LINE_SERVER[@]}\" ";
        String script = "WITHOUT_TMP=(unshare -rm bash '" + data + "/mount'); ";
        Files.writeString(data.resolve("mount"), mount);
        assertShell(
                0,
                "b\n",
                "",
                script + wrapped + "ingest x.txt" + dataDir + " >/dev/null && " + wrapped + "verify x.txt" + dataDir
                        + " >/dev/null && " + wrapped + "plan x.txt" + dataDir + " >/dev/null && " + wrapped + "get 2"
                        + dataDir);
        assertEquals("b", get(serve(script + "exec " + wrapped + "serve --port 0" + dataDir) + "/lines/2"));
        String log = Program.text(Program.err(log()));
        assertTrue(log.lines().noneMatch(line -> line.matches(".*(WARN|ERROR|Exception).*")), log);
    }

    @Test
    void scriptsRunFromAnyDirectory() throws Exception {
        Path root = Files.createDirectory(directory.resolve("root"));
        Path target = Files.createDirectories(root.resolve("target"));
        Files.createDirectories(root.resolve("src/main"));
        Files.writeString(root.resolve("pom.xml"), "");
        Files.copy(Path.of("run.sh"), root.resolve("run.sh"));
        Files.writeString(root.resolve("build.sh"), "#!/bin/bash\necho built; exit 9\n");
        Files.writeString(target.resolve("line-server"), "#!/bin/bash\nprintf '%s\\n' \"$@\"\n");
        String setUp = "chmod -R +x root; ln -s root/run.sh run; mkdir sub; export CDPATH=.:/; ";
        assertShell(
                0,
                "serve\nx.txt\n--port\n1\n".repeat(2) + "serve\n../x.txt\n",
                "",
                setUp + "sh root/run.sh x.txt --port 1; ./run x.txt --port 1; cd ./sub; sh ../run ../x.txt");
        assertShell(1, "", "line-server: missing.txt does not exist\n", "rm -r root/target; root/run.sh missing.txt");
    }

    @Test
    void theLauncherFindsJavaAndPassesAllArguments() throws Exception {
        Assumptions.assumeFalse(Program.isNative(), "SKIPPED: only the JVM build has a launcher");
        Path target = Files.createDirectory(directory.resolve("tar get"));
        Files.createSymbolicLink(
                target.resolve("quarkus-app"), Path.of("target/quarkus-app").toAbsolutePath());
        Path scripts = Path.of("src/main/scripts");
        Files.writeString(
                target.resolve("line-server-jvm"),
                "#!/usr/bin/env bash\n" + Files.readString(scripts.resolve("jdk.sh"))
                        + Files.readString(scripts.resolve("launch.sh")));
        assertShell(
                0,
                "dataset default version 1 equals z\u00fc.txt: 3 lines, byte for byte\n",
                "",
                "chmod +x 'tar get/line-server-jvm'; ln -s 'tar get/line-server-jvm' line-server; cp x.txt 'z\u00fc.txt';"
                        + " export LC_ALL=C JAVA_HOME='" + System.getProperty("java.home") + "';"
                        + " ./line-server ingest 'z\u00fc.txt' --data-dir data >ingested"
                        + " && ./line-server verify 'z\u00fc.txt' --data-dir data");
    }

    @Test
    void aRunningServerFollowsARollbackAndAPublication() throws Exception {
        Files.writeString(directory.resolve("y.txt"), "a\nB\nc\n");
        String address =
                serve("line-server ingest x.txt --data-dir data >ingested && line-server ingest y.txt --data-dir data"
                        + " >ingested && exec \"${LINE_SERVER[@]}\" serve --data-dir data --port 0");
        assertEquals("B", get(address + "/lines/2"));
        changeVersions("line-server rollback default");
        awaitLine("b", address);
        changeVersions("line-server publish default --version 2 || line-server rollback default --to 2");
        awaitLine("B", address);
        Files.writeString(directory.resolve("z.txt"), "a\nheld\nc\n");
        changeVersions("line-server ingest z.txt --hold");
        assertEquals("B", get(address + "/lines/2"));
        changeVersions("line-server publish default --version 3 --keep 3");
        awaitLine("held", address);
        assertEquals("b", get(address + "/datasets/default/versions/1/lines/2"));
    }

    /** Runs commands while the server writes to its own log. */
    private void changeVersions(String script) throws Exception {
        Program.Result result =
                Program.runShell(directory.resolve("changes"), "export LINE_SERVER_DATA_DIR=data; " + script);
        assertEquals(0, result.exitCode(), result.err());
    }

    private static void awaitLine(String line, String address) {
        Awaitility.await()
                .atMost(30, TimeUnit.SECONDS)
                .until(() -> get(address + "/lines/2").equals(line));
    }
}
