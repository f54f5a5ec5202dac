package dev.lineserver.http;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import jakarta.ws.rs.core.Response;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The counts of requests are the same with the fast path on and off, and have the same labels whatever clients send. */
final class RequestMetricsTest {
    private static final int BAD_REQUESTS = 10_000;
    private static final int REQUESTS_PER_CONNECTION = 500;
    /** A call that sets the status of an answer. */
    private static final Pattern SET_STATUS =
            Pattern.compile("(?:setStatusCode|ofStatus|\\bfail|Response\\.status|WebApplicationException)"
                    + "\\((?:(?<number>[1-5]\\d\\d)\\b|Response\\.Status\\.(?<name>[A-Z_]+))");

    private final ScriptedLines lines = new ScriptedLines();

    RequestMetricsTest() throws Exception {}

    @AfterEach
    void close() {
        lines.close();
    }

    private PlainServer start(boolean fastPath) throws Exception {
        lines.answer(index -> switch ((int) Math.min(index, 5_000)) {
            case 6 -> CompletableFuture.failedFuture(new StoreUnavailableException("no node answers"));
            case 7 -> CompletableFuture.completedFuture(new Lookup.Damaged("its bytes are gone"));
            default ->
                index < ScriptedLines.LINES
                        ? ScriptedLines.found("line")
                        : CompletableFuture.completedFuture(new Lookup.PastTheEnd(ScriptedLines.LINES));
        });
        return new PlainServer(lines.components, fastPath, new HttpServerOptions());
    }

    /** Sends requests on one connection, and returns after all of their answers. */
    private static void send(PlainServer server, List<String> requests) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            String all = requests.stream()
                    .map(request -> request + " HTTP/1.1\r\nHost: x\r\n\r\n")
                    .collect(Collectors.joining());
            Thread sender = Thread.startVirtualThread(() -> {
                try {
                    socket.getOutputStream()
                            .write((all + "GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
                } catch (java.io.IOException disconnected) {
                    throw new java.io.UncheckedIOException(disconnected);
                }
            });
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            sender.join();
            assertEquals(requests.size() + 1, answers.split("HTTP/1.1 ", -1).length - 1, answers);
        }
    }

    private Stream<Sample> samples() {
        return lines.components.collector.collect().stream().flatMap(family -> family.samples.stream());
    }

    /** The counts of answers, by route, method and status. */
    private Map<String, Long> answers() {
        Map<String, Long> counts = new TreeMap<>();
        samples()
                .filter(sample -> sample.name.equals("line_server_requests_total"))
                .forEach(sample -> counts.put(String.join(" ", sample.labelValues), (long) sample.value));
        return counts;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyAnswerIsCountedByRouteMethodAndStatus(boolean fastPath) throws Exception {
        try (PlainServer server = start(fastPath)) {
            send(
                    server,
                    List.of(
                            "GET /lines/1",
                            "GET /lines/2/",
                            "GET /line_server/lines/2",
                            "HEAD /lines/2",
                            "DELETE /lines/2",
                            "POST /lines/2",
                            "GET /lines/1001",
                            "GET /lines/7",
                            "GET /lines/8",
                            "GET /lines/x",
                            "GET /datasets/default/lines/3",
                            "GET /datasets/none/lines/3",
                            "GET /datasets/default/versions/7/lines/3",
                            "GET /datasets/default/versions/9/lines/3",
                            "GET /lines?start=1&count=2",
                            "GET /lines?start=5000",
                            "HEAD /datasets/default/versions/7/lines",
                            "GET /nowhere"));
            Map<String, Long> expected = new TreeMap<>(Map.ofEntries(
                    Map.entry("/lines/{n} GET 200", 3L),
                    Map.entry("/lines/{n} HEAD 200", 1L),
                    Map.entry("/lines/{n} other 405", 1L),
                    Map.entry("/lines/{n} POST 405", 1L),
                    Map.entry("/lines/{n} GET 413", 1L),
                    Map.entry("/lines/{n} GET 503", 1L),
                    Map.entry("/lines/{n} GET 500", 1L),
                    Map.entry("/lines/{n} GET 400", 1L),
                    Map.entry("/datasets/{d}/lines/{n} GET 200", 1L),
                    Map.entry("/datasets/{d}/lines/{n} GET 404", 1L),
                    Map.entry("/datasets/{d}/versions/{v}/lines/{n} GET 200", 1L),
                    Map.entry("/datasets/{d}/versions/{v}/lines/{n} GET 410", 1L),
                    Map.entry("/lines GET 200", 1L),
                    Map.entry("/lines GET 413", 1L),
                    Map.entry("/datasets/{d}/versions/{v}/lines HEAD 200", 1L),
                    Map.entry("other GET 404", 2L)));
            // A client may read an answer just before the server counts it.
            Awaitility.await().untilAsserted(() -> assertEquals(expected, answers()));
            assertEquals(10, lines.components.value("line_server_request", "route", "/lines/{n}"));
            assertEquals(2, lines.components.value("line_server_request", "route", "/lines"));
            assertEquals(1, lines.components.value("line_server_requests_refused", "reason", "store"));
            awaitInFlight(0);
        }
    }

    /** The statuses of problems, of the OpenAPI document, and of the calls in the code that set one. */
    @Test
    void everyStatusThatTheServerAnswersHasALabelOfItsOwn() throws Exception {
        Set<String> statuses = new TreeSet<>();
        for (ProblemType type : ProblemType.values()) {
            statuses.add(String.valueOf(type.status));
        }
        for (String answer : OpenApiDocument.ofFile().answers(_ -> true)) {
            statuses.add(answer.substring(answer.lastIndexOf(' ') + 1));
        }
        statuses.remove("default");
        try (Stream<Path> files = Files.walk(Path.of("src/main/java/dev/lineserver/http"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Matcher call = SET_STATUS.matcher(Files.readString(file));
                while (call.find()) {
                    String status = call.group("name") == null
                            ? call.group("number")
                            : String.valueOf(
                                    Response.Status.valueOf(call.group("name")).getStatusCode());
                    statuses.add(status);
                }
            }
        }
        assertTrue(statuses.containsAll(Set.of("204", "308", "403", "412", "501")), statuses.toString());
        RequestMetrics metrics = new RequestMetrics();
        statuses.forEach(
                status -> metrics.recordAnswer(RequestRoute.PAGE, HttpMethod.GET, Integer.parseInt(status), 1));
        Set<String> labels = new TreeSet<>();
        metrics.visitAnswers((_, _, status, _) -> labels.add(status));
        assertEquals(statuses, labels);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void clientsCannotAddMetrics(boolean fastPath) throws Exception {
        List<IntFunction<String>> kinds = List.of(
                i -> "GET /x" + i,
                i -> "GET /lines/x" + i,
                i -> "GET /lines/" + (1_000_000_000_000L + i),
                i -> "M" + i + " /lines/1",
                i -> "M" + i + " /x" + i,
                i -> "GET /datasets/d" + i,
                i -> "GET /datasets/d" + i + "/lines/1",
                i -> "GET /datasets/default/versions/" + (100 + i) + "/lines/1",
                i -> "GET /datasets/default/versions/v" + i + "/lines/1",
                i -> "GET /datasets/default/versions/v" + i + "/x" + i,
                i -> "GET /lines?start=x" + i,
                i -> "HEAD /problems/p" + i + "?q=" + i);
        try (PlainServer server = start(fastPath)) {
            List<String> first = new ArrayList<>();
            kinds.forEach(kind -> first.add(kind.apply(0)));
            send(server, first);
            Set<String> before = labels();
            for (int begin = 0; begin < BAD_REQUESTS; begin += REQUESTS_PER_CONNECTION) {
                List<String> requests = new ArrayList<>();
                for (int i = begin + 1; i <= begin + REQUESTS_PER_CONNECTION; i++) {
                    requests.add(kinds.get(i % kinds.size()).apply(i));
                }
                send(server, requests);
            }
            long sent = first.size() + 1L + BAD_REQUESTS + BAD_REQUESTS / REQUESTS_PER_CONNECTION;
            Awaitility.await()
                    .untilAsserted(() -> assertEquals(
                            sent,
                            answers().values().stream()
                                    .mapToLong(Long::longValue)
                                    .sum()));
            assertEquals(before, labels());
        }
    }

    /** The names and labels of all metrics. */
    private Set<String> labels() {
        return Stream.concat(
                        samples().map(sample -> sample.name + sample.labelNames + sample.labelValues),
                        lines.components.registry.getMeters().stream()
                                .map(meter -> meter.getId().toString()))
                .collect(Collectors.toSet());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRequestIsInFlightUntilItsAnswerOrTheEndOfItsConnection(boolean fastPath) throws Exception {
        try (PlainServer server = start(fastPath)) {
            CompletableFuture<Lookup> lookup = new CompletableFuture<>();
            lines.answer(_ -> lookup);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.getOutputStream()
                        .write("GET /lines/1 HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                awaitInFlight(1);
            }
            lookup.complete(new Lookup.Found(new byte[0]));
            awaitInFlight(0);
            // The fast path does not notice that the client has disconnected before it writes.
            Set<Map<String, Long>> either = Set.of(Map.of("/lines/{n} GET 200", 1L), Map.of("/lines/{n} GET none", 1L));
            Awaitility.await().untilAsserted(() -> assertTrue(either.contains(answers()), answers()::toString));
        }
    }

    private void awaitInFlight(int requests) {
        Awaitility.await()
                .untilAsserted(() -> assertEquals(requests, lines.components.value("line_server_requests_in_flight")));
    }
}
