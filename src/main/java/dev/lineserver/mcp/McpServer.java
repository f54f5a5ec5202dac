package dev.lineserver.mcp;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;

/**
 * Answers the messages of the Model Context Protocol, which are JSON-RPC 2.0. It has tools and nothing else of the protocol,
 * and keeps no state between messages, so any number of clients may share it, on any threads.
 * {@code src/docs/decisions/032-mcp-by-a-small-loop.md} has the reasons.
 */
public final class McpServer {
    /** Length of the longest message that a transport accepts, in bytes: 64 KiB. */
    public static final int MAX_MESSAGE_BYTES = 64 << 10;

    /** The most bytes that the lines of an answer may have as JSON: 1 MiB. In the message, they are escaped again. */
    public static final int MAX_LINE_BYTES = 1 << 20;

    static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // A double would round the number of a line.
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** The revisions of the protocol, the newest first. What this server uses of them is the same in all. */
    private static final List<String> PROTOCOL_VERSIONS =
            List.of("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05");

    private static final int PARSE_ERROR = -32700;
    private static final int INVALID_REQUEST = -32600;
    private static final int METHOD_NOT_FOUND = -32601;
    private static final int INVALID_PARAMS = -32602;

    private final Datasets datasets;
    private final LineNumbers numbers;
    private final Duration timeout;
    private final BiConsumer<Manifest, StoreException> failures;
    private final JsonNode definitions;
    private final String programVersion;

    /**
     * @param timeout the longest wait for one read of the store
     * @param failures accepts each failure of the store, on any thread; the answers name them, too
     */
    public McpServer(
            Datasets datasets, LineNumbers numbers, Duration timeout, BiConsumer<Manifest, StoreException> failures) {
        this.datasets = datasets;
        this.numbers = numbers;
        this.timeout = timeout;
        this.failures = failures;
        definitions = parse(ToolDefinitions.json(numbers, datasets.defaultName()));
        Properties build = new Properties();
        try (InputStream properties = McpServer.class.getResourceAsStream("/line-server-build.properties")) {
            build.load(properties);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        programVersion = build.getProperty("version");
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns true if this server speaks that revision of the protocol. */
    public static boolean supports(String protocolVersion) {
        return PROTOCOL_VERSIONS.contains(protocolVersion);
    }

    /**
     * Answers a message. Waits for the store, so an event loop must not call this.
     *
     * @param message one JSON object in UTF-8
     * @param mayRead returns true for the names of the datasets that the client may read
     * @return the answer in UTF-8, without line breaks; null if the message needs none
     */
    public byte @Nullable [] answer(byte[] message, Predicate<String> mayRead) throws InterruptedException {
        JsonNode request;
        try {
            request = JSON.readTree(message);
        } catch (IOException e) {
            return error(null, PARSE_ERROR, "the message is not JSON");
        }
        JsonNode id = request.path("id");
        if (!request.path("method").isTextual()) {
            boolean answer = request.has("result") || request.has("error");
            return answer && request.isObject()
                    ? null
                    : error(
                            null,
                            INVALID_REQUEST,
                            "the message is not a JSON-RPC request: send one object with a method");
        }
        if (id.isMissingNode()) {
            return null;
        }
        if (!id.isTextual() && !id.isIntegralNumber()) {
            return error(null, INVALID_REQUEST, "the id must be a string or a whole number");
        }
        return answer(id, request.path("method").textValue(), request.path("params"), mayRead);
    }

    private byte[] answer(JsonNode id, String method, JsonNode params, Predicate<String> mayRead)
            throws InterruptedException {
        return switch (method) {
            case "initialize" ->
                result(id, initialize(params.path("protocolVersion").asText()));
            case "ping" -> result(id, JSON.createObjectNode());
            case "tools/list" -> result(id, JSON.createObjectNode().set("tools", definitions));
            case "tools/call" -> call(id, params.path("name").asText(), params.path("arguments"), mayRead);
            default -> error(id, METHOD_NOT_FOUND, "there is no method '" + method + "'; this server has tools only");
        };
    }

    private ObjectNode initialize(String wanted) {
        ObjectNode result = JSON.createObjectNode()
                .put("protocolVersion", supports(wanted) ? wanted : PROTOCOL_VERSIONS.getFirst());
        result.putObject("capabilities").putObject("tools");
        result.putObject("serverInfo").put("name", "line-server").put("version", programVersion);
        return result.put("instructions", ToolDefinitions.INSTRUCTIONS);
    }

    private byte[] call(JsonNode id, String name, JsonNode json, Predicate<String> mayRead)
            throws InterruptedException {
        LineTools tools = new LineTools(datasets, mayRead, numbers, timeout, failures);
        JsonNode arguments = json.isMissingNode() || json.isNull() ? JSON.createObjectNode() : json;
        if (!arguments.isObject()) {
            return error(id, INVALID_PARAMS, "the arguments must be an object");
        }
        String text;
        boolean failed = false;
        try {
            ObjectNode answer;
            switch (name) {
                case "read_lines" -> answer = tools.readLines(arguments);
                case "sample" -> answer = tools.sample(arguments);
                case "stat" -> answer = tools.stat(arguments);
                default -> {
                    return error(id, INVALID_PARAMS, "there is no tool '" + name + "'; tools/list has those there are");
                }
            }
            text = new String(bytes(answer), StandardCharsets.UTF_8);
        } catch (ToolFailure e) {
            failed = true;
            text = e.getMessage();
        }
        ObjectNode result = JSON.createObjectNode();
        result.putArray("content").addObject().put("type", "text").put("text", text);
        return result(id, result.put("isError", failed));
    }

    private static byte[] result(JsonNode id, JsonNode result) {
        ObjectNode answer = JSON.createObjectNode().put("jsonrpc", "2.0");
        answer.set("id", id);
        answer.set("result", result);
        return bytes(answer);
    }

    private static byte[] error(@Nullable JsonNode id, int code, String message) {
        ObjectNode answer = JSON.createObjectNode().put("jsonrpc", "2.0");
        answer.set("id", id);
        answer.putObject("error").put("code", code).put("message", message);
        return bytes(answer);
    }

    /** Returns the error of a message that is longer than {@link #MAX_MESSAGE_BYTES}. */
    public static byte[] tooLong() {
        return error(null, INVALID_REQUEST, "the message is longer than " + MAX_MESSAGE_BYTES + " bytes");
    }

    private static byte[] bytes(JsonNode answer) {
        try {
            return JSON.writeValueAsBytes(answer);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
