package dev.lineserver.program;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The small form of {@code src/bench/siege.sh}: clients that keep connections and send or read little, and the others. */
@EnabledOnOs(OS.LINUX)
final class AttacksIT {
    /** More than the descriptors. Java needs up to two for each of 170 libraries while it starts. */
    private static final int CLIENTS = 600;

    /** The server logs no more often that clients must wait. */
    private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private @Nullable Process server;
    private int port;

    private final List<Socket> clients = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        disconnect();
        if (server != null) {
            server.destroyForcibly().waitFor();
        }
    }

    private void disconnect() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
        clients.clear();
    }

    private void serve(String text, String shell, String... options) throws Exception {
        Files.writeString(directory.resolve("text"), text);
        Process started = Program.startShell(
                directory.resolve("serve"),
                shell + "\nexec \"${LINE_SERVER[@]}\" serve text --copy --data-dir=data --host=127.0.0.1 --port=0 "
                        + String.join(" ", options));
        server = started;
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
            assertTrue(started.isAlive(), this::log);
            Matcher listening = Program.LISTENING.matcher(log());
            boolean found = listening.find();
            if (found) {
                port = URI.create(listening.group(1)).getPort();
            }
            return found;
        });
    }

    private String log() {
        return Program.text(Program.err(directory.resolve("serve")));
    }

    private Socket connect(String bytes) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        clients.add(socket);
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String request(int line) {
        return "GET /lines/" + line + " HTTP/1.1\r\nHost: x\r\n\r\n";
    }

    /** Requests a line of three characters. */
    private static String line(Socket socket, int number) throws IOException {
        socket.getOutputStream().write(request(number).getBytes(StandardCharsets.US_ASCII));
        return answer(socket);
    }

    private static String answer(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            assertTrue(next >= 0, head.toString());
            head.append((char) next);
        }
        assertTrue(head.toString().startsWith("HTTP/1.1 200 "), head.toString());
        return new String(in.readNBytes(3), StandardCharsets.US_ASCII);
    }

    @Test
    void withoutDescriptorsClientsWaitAndVersionsAreFollowed() throws Exception {
        serve("one\ntwo\n", "ulimit -n 500");
        Socket first = connect("");
        assertEquals("one", line(first, 1));
        long begin = System.nanoTime();
        for (int i = 0; i < CLIENTS; i++) {
            Socket _ = connect(request(2));
        }
        Awaitility.await().until(() -> log().contains("new clients must wait"));
        assertEquals("two", line(first, 2));

        Files.writeString(directory.resolve("text"), "eins\nzwo\n");
        Program.Result ingested = Program.run(
                directory.resolve("ingest"),
                "ingest",
                directory.resolve("text").toString(),
                "--copy",
                "--data-dir=" + directory.resolve("data"));
        assertEquals(0, ingested.exitCode(), ingested.err());
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> line(first, 2).equals("zwo"));

        Socket waiting = clients.getLast();
        clients.remove(first);
        clients.remove(waiting);
        disconnect();
        assertEquals("zwo", answer(waiting));
        assertEquals("zwo", line(connect(""), 2));
        assertEquals("zwo", line(first, 2));
        first.close();
        waiting.close();
        List<String> messages = log().lines()
                .filter(line -> line.contains("WARN") || line.contains("ERROR"))
                .toList();
        long most = 1 + (System.nanoTime() - begin) / LOG_INTERVAL.toNanos();
        assertTrue(!messages.isEmpty() && messages.size() <= most, this::log);
        assertTrue(messages.stream().allMatch(message -> message.contains("ulimit -n")), this::log);
    }
}
