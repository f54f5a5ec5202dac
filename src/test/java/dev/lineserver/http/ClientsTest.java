package dev.lineserver.http;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.vertx.core.http.HttpServerOptions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The programs of {@code clients.md} do what that document says, if their runtimes are installed. */
final class ClientsTest {
    private static final Path DOCUMENT = Path.of("src/docs/clients.md");
    /** The name of the file, and the next block of code. */
    private static final Pattern PROGRAM = Pattern.compile("(?s)`([Ll]ines\\.\\w+)`.*?```\\w+\n(.*?)```");

    @TempDir
    Path directory;

    private static String document() throws Exception {
        return Files.readString(DOCUMENT);
    }

    private static String source(String file) throws Exception {
        return PROGRAM.matcher(document())
                .results()
                .filter(program -> program.group(1).equals(file))
                .findFirst()
                .orElseThrow()
                .group(2);
    }

    private static boolean isInstalled(String runtime) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, runtime)));
    }

    private Process start(String command, String file, int port) throws Exception {
        String runtime = command.split(" ", 2)[0];
        boolean java = runtime.equals("java");
        Assumptions.assumeTrue(
                java || (isInstalled(runtime) && (!file.endsWith(".sh") || isInstalled("curl"))),
                (file.endsWith(".sh") ? "curl" : runtime) + " is not installed");
        Path program = directory.resolve(file);
        Files.writeString(program, source(file));
        List<String> words = new ArrayList<>(List.of(command.split(" ", -1)));
        if (java) {
            words.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        }
        words.addAll(List.of(program.toString(), "http://127.0.0.1:" + port));
        return new ProcessBuilder(words)
                .redirectError(directory.resolve("errors").toFile())
                .redirectOutput(directory.resolve("output").toFile())
                .start();
    }

    private String output() throws Exception {
        return Files.readString(directory.resolve("output"), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({"sh, lines.sh", "python3, lines.py", "node, lines.mjs", "java, Lines.java", "go run, lines.go"})
    void eachProgramPrintsWhatIsShown(String command, String file) throws Exception {
        Matcher shown = Pattern.compile("(?s)```text\n(.*?)```").matcher(document());
        assertTrue(shown.find());
        AtomicInteger failures = new AtomicInteger();
        try (ScriptedLines lines = new ScriptedLines();
                PlainServer server = new PlainServer(lines.components, true, new HttpServerOptions())) {
            lines.answer(index -> (index == 4 || index == 9) && failures.incrementAndGet() % 2 == 1
                    ? CompletableFuture.failedFuture(new StoreUnavailableException("no node answers"))
                    : index < ScriptedLines.LINES
                            ? ScriptedLines.found("line " + (index + 1))
                            : CompletableFuture.completedFuture(new Lookup.PastTheEnd(ScriptedLines.LINES)));
            Process program = start(command, file, server.port());
            assertTrue(program.waitFor(120, TimeUnit.SECONDS), file);
            assertEquals(shown.group(1), output(), Files.readString(directory.resolve("errors")));
            assertEquals(0, program.exitValue());
            assertEquals(4, failures.get(), "the line and the range were each refused once");
        }
    }

    /** A range that the server cuts off must not look complete. */
    @ParameterizedTest
    @CsvSource({"sh, lines.sh", "python3, lines.py", "node, lines.mjs", "java, Lines.java", "go run, lines.go"})
    void eachProgramNoticesThatARangeIsCutOff(String command, String file) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread answers = Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        try (Socket socket = server.accept()) {
                            String head = new BufferedReader(
                                            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                                    .readLine();
                            boolean range = head.contains("?");
                            String answer = range ? "line 10\nline 11\n" : "line 5";
                            String length = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
                                    + (range ? 100 : answer.length()) + "\r\n\r\n";
                            socket.getOutputStream().write((length + answer).getBytes(StandardCharsets.US_ASCII));
                        }
                    }
                } catch (IOException closed) {
                    // The end of the test.
                }
            });
            Process program = start(command, file, server.getLocalPort());
            assertTrue(program.waitFor(120, TimeUnit.SECONDS), file);
            String errors = Files.readString(directory.resolve("errors"));
            assertTrue(output().startsWith("line 5\n"), output() + errors);
            assertNotEquals("", errors, "the program says nothing of the end");
            server.close();
            answers.join();
        }
    }

    @Test
    void theDocumentHasAProgramForEachLanguage() throws Exception {
        assertEquals(
                List.of("lines.sh", "lines.py", "lines.mjs", "Lines.java", "lines.go"),
                PROGRAM.matcher(document())
                        .results()
                        .map(program -> program.group(1))
                        .toList());
    }
}
