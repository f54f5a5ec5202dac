package dev.lineserver.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.impl.VertxInternal;
import io.vertx.ext.web.Router;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.Lookup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Slow heads and the limit of connections, with real connections. */
final class ConnectionEdgeTest {
    private static final String REQUEST = "GET /lines/2 HTTP/1.1\r\nHost: x\r\n\r\n";
    private static final String ROUTED = "GET /lines/2 HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"x\"\r\n\r\n";
    private static final String POST = "POST /lines HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + "Content-Length: 15\r\n\r\n{\"numbers\":";
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    /** A frame that is too long to be complete before the deadline. */
    private static final String SLOW_FRAME = "\0\1\0\1\5\0\0\0\1";

    private @Nullable ScriptedLines lines;
    private @Nullable PlainServer server;
    private int port;

    private ScriptedLines start(boolean fastPath, String... settings) throws Exception {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        ScriptedLines started = new ScriptedLines(Duration.ofSeconds(30), map);
        lines = started;
        started.answer(_ -> ScriptedLines.found("two"));
        PlainServer plain = new PlainServer(started.components, fastPath, new HttpServerOptions());
        server = plain;
        port = plain.port();
        return started;
    }

    @AfterEach
    void stop() throws Exception {
        if (server != null) {
            server.close();
        }
        if (lines != null) {
            lines.close();
        }
    }

    private Socket connect(String bytes) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** Sends one more byte now and then until the server closes the connection, and returns the received bytes. */
    private static String dribble(Socket socket, String rest) throws IOException {
        StringBuilder received = new StringBuilder();
        InputStream in = socket.getInputStream();
        socket.setSoTimeout(20);
        // Without any byte the connection would be closed without an answer.
        socket.getOutputStream().write(rest.charAt(0));
        int next = 0;
        for (int i = 1; next >= 0; ) {
            try {
                next = in.read();
                if (next >= 0) {
                    received.append((char) next);
                }
            } catch (SocketTimeoutException e) {
                socket.getOutputStream().write(rest.charAt(i++ % rest.length()));
            } catch (SocketException e) {
                // The last byte arrived after the server had closed the connection.
                next = -1;
            }
        }
        return received.toString();
    }

    private static String answer(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder answer = new StringBuilder();
        while (!answer.toString().endsWith("\r\n\r\ntwo")) {
            int next = in.read();
            assertTrue(next >= 0, answer.toString());
            answer.append((char) next);
        }
        return answer.toString();
    }

    @ParameterizedTest
    @CsvSource({"true,''", "false,''", "true,plain", "false,plain", "true,routed", "false,routed"})
    void aSlowHeadIs408(boolean fastPath, String before) throws Exception {
        ScriptedLines started = start(fastPath, "line-server.http.head-timeout", "2s");
        String first = before.isEmpty() ? "" : before.equals("plain") ? REQUEST : ROUTED;
        try (Socket socket = connect(first)) {
            if (!first.isEmpty()) {
                assertTrue(answer(socket).startsWith("HTTP/1.1 200 "));
            }
            String received = dribble(socket, "GET /lines/222222222222");
            assertTrue(received.startsWith("HTTP/1.1 408 Request Timeout\r\n"), received);
            assertTrue(received.contains("\r\nconnection: close\r\n"), received);
            assertTrue(received.contains("\"type\":\"/problems/request-timeout\""), received);
        }
        assertEquals(1, started.components.value("line_server_connections_closed", "reason", "head-timeout"));
        Awaitility.await().until(() -> started.components.value("line_server_connections") == 0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSlowPrefaceOfHttp2ClosesTheConnection(boolean fastPath) throws Exception {
        start(fastPath, "line-server.http.head-timeout", "500ms");
        try (Socket socket = connect("")) {
            String received = dribble(socket, PREFACE + SLOW_FRAME + "x".repeat(256));
            assertFalse(received.contains("HTTP/1.1"), received);
        }
    }

    /** The deadline of a connection that sends nothing passes several times: the clock of this test. */
    private void awaitDeadlines() throws IOException {
        for (int i = 0; i < 3; i++) {
            try (Socket silent = connect("")) {
                assertEquals(-1, silent.getInputStream().read());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void connectionsThatOweNoHeadStayOpen(boolean fastPath) throws Exception {
        ScriptedLines started = start(fastPath, "line-server.http.head-timeout", "1s");
        CompletableFuture<Lookup> slow = new CompletableFuture<>();
        try (Socket idle = connect(REQUEST);
                Socket routed = connect(ROUTED);
                Socket body = connect(POST)) {
            answer(idle);
            answer(routed);
            started.answer(_ -> slow);
            try (Socket lookup = connect(REQUEST);
                    Socket routedLookup = connect(ROUTED)) {
                awaitDeadlines();
                started.answer(_ -> ScriptedLines.found("two"));
                slow.complete(new Lookup.Found("two".getBytes(StandardCharsets.US_ASCII)));
                answer(lookup);
                answer(routedLookup);
            }
            for (Socket open : List.of(idle, routed)) {
                open.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
                answer(open);
            }
            body.getOutputStream().write("[2]}".getBytes(StandardCharsets.US_ASCII));
            assertEquals('H', body.getInputStream().read());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void connectionsBeyondThoseOfOneAddressAreClosed(boolean fastPath) throws Exception {
        ScriptedLines started = start(fastPath, "line-server.http.connections-per-address", "3");
        try (CapturedLog log = new CapturedLog(ConnectionEdge.class.getName())) {
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                sockets.add(connect(REQUEST));
                answer(sockets.get(i));
            }
            for (int i = 0; i < 5; i++) {
                try (Socket refused = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    assertEquals(-1, refused.getInputStream().read());
                }
            }
            assertEquals(5, started.components.value("line_server_connections_closed", "reason", "address"));
            assertEquals(1, log.messages.size(), log.messages.toString());
            assertTrue(log.messages.getFirst().contains("connections-per-address"), log.messages.getFirst());
            sockets.getFirst().close();
            Awaitility.await().until(() -> started.components.value("line_server_connections") == 2);
            sockets.set(0, connect(REQUEST));
            for (Socket open : sockets) {
                open.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
                answer(open);
                open.close();
            }
        }
    }

    private static ManagementPort listenForManagement(ScriptedLines started) throws Exception {
        ManagementPort management = started.components.management;
        Router router = Router.router(PlainServer.VERTX);
        started.components.register(router);
        management.listen(PlainServer.VERTX, router, started.components.connections);
        Awaitility.await().until(() -> management.port() > 0);
        return management;
    }

    /** Its connections have a count of their own, so that those of clients do not keep a probe away. */
    @Test
    void theManagementPortHasTheSameLimits() throws Exception {
        ScriptedLines started = start(
                true,
                "line-server.management-port",
                "0",
                "line-server.http.connections-per-address",
                "1",
                "line-server.http.head-timeout",
                "2s");
        ManagementPort management = listenForManagement(started);
        PlainServer.awaitAcceptors();
        try (Socket client = connect(REQUEST)) {
            answer(client);
            port = management.port();
            try (Socket slow = connect("GET /q HTTP/1.1\r\n")) {
                try (Socket refused = connect("")) {
                    assertEquals(-1, refused.getInputStream().read());
                }
                assertTrue(dribble(slow, "x").startsWith("HTTP/1.1 408 "));
            }
            assertEquals(1, started.components.value("line_server_connections_closed", "reason", "address"));
            assertEquals(1, started.components.value("line_server_connections_closed", "reason", "head-timeout"));
        } finally {
            management.stop(new ShutdownEvent());
        }
    }

    private String exchange(String request) throws IOException {
        try (Socket socket = connect(request)) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String closing(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    }

    @Test
    void eachPortHasItsOwnPaths() throws Exception {
        ScriptedLines started = start(
                false,
                "line-server.management-port",
                "0",
                "line-server.http.swagger-ui",
                "true",
                "line-server.http.rate-limit",
                "1/h");
        ManagementPort management = listenForManagement(started);
        try {
            assertTrue(exchange(closing("/q/swagger-ui/")).startsWith("HTTP/1.1 404 "));
            assertTrue(exchange(closing("/lines/2")).startsWith("HTTP/1.1 200 "));
            port = management.port();
            String body = "x".repeat(NumbersBody.MAX_BYTES);
            String post = "POST /lines HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
            String answers = exchange(post + closing("/lines/2"));
            assertTrue(answers.matches("(?s)HTTP/1.1 404 .*HTTP/1.1 404 .*"), answers);
            assertTrue(exchange(closing("/q/swagger-ui/")).startsWith("HTTP/1.1 200 "), "not limited");
        } finally {
            management.stop(new ShutdownEvent());
        }
    }

    /** Sends an event to the pipeline of the listening channel, as Netty does when it could not accept a connection. */
    private void failToAccept() throws Exception {
        for (EventExecutor loop : ((VertxInternal) PlainServer.VERTX).getAcceptorEventLoopGroup()) {
            loop.submit(() -> ((SingleThreadEventLoop) loop)
                            .registeredChannelsIterator()
                            .forEachRemaining(channel -> {
                                if (channel.localAddress() instanceof InetSocketAddress address
                                        && address.getPort() == port) {
                                    channel.pipeline().fireExceptionCaught(new IOException("Too many open files"));
                                }
                            }))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void aFailureToAcceptIsLoggedOnceAndTheServerTriesAgain() throws Exception {
        ScriptedLines started = start(true, "line-server.http.head-timeout", "10s");
        try (CapturedLog log = new CapturedLog(ConnectionEdge.class.getName());
                CapturedLog netty = new CapturedLog("io.netty")) {
            for (int i = 1; i <= 3; i++) {
                failToAccept();
                try (Socket socket = connect(REQUEST)) {
                    answer(socket);
                }
                assertEquals(i, started.components.value("line_server_accept_failures"));
            }
            assertEquals(1, log.messages.size(), log.messages.toString());
            assertTrue(log.messages.getFirst().contains("ulimit -n"), log.messages.getFirst());
            assertEquals(List.of(), netty.messages);
        }
    }

    @Test
    void clientsWaitWhileThereAreAsManyConnectionsAsDescriptorsAllow() throws Exception {
        ScriptedLines started = start(true, "line-server.http.head-timeout", "10s");
        List<Socket> sockets = new ArrayList<>();
        try (CapturedLog log = new CapturedLog(ConnectionEdge.class.getName())) {
            while (sockets.size() < HttpComponents.MOST_CONNECTIONS) {
                sockets.add(connect(REQUEST));
                answer(sockets.getLast());
            }
            Awaitility.await().until(() -> !log.messages.isEmpty());
            try (Socket waiting = connect(REQUEST)) {
                waiting.setSoTimeout(400);
                assertThrows(SocketTimeoutException.class, () -> answer(waiting));
                sockets.getFirst().getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
                answer(sockets.getFirst());
                assertEquals(HttpComponents.MOST_CONNECTIONS, started.components.value("line_server_connections"));
                sockets.removeFirst().close();
                waiting.setSoTimeout(30_000);
                answer(waiting);
            }
            assertEquals(1, log.messages.size(), log.messages.toString());
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
