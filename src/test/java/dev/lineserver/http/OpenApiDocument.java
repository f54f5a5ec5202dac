package dev.lineserver.http;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The OpenAPI document, with which answers are compared. It remembers which answers it has seen, so that a test can compare
 * those with all that are documented. Objects may have no members that the document does not list.
 */
final class OpenApiDocument {
    private static final Path FILE = Path.of("src/main/resources/META-INF/openapi.yaml");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    /** Headers of HTTP itself, which every answer may have, and the one that every answer has. */
    private static final Set<String> GENERAL_HEADERS = Set.of(
            "content-type", "content-length", "transfer-encoding", "connection", "date", "x-content-type-options");

    private final JsonNode document;
    /** Each answer as method, path and status. */
    private final Set<String> seen = new TreeSet<>();
    /** Each example of a problem as the name of the response and the type of the problem. */
    private final Set<String> seenProblems = new TreeSet<>();

    private OpenApiDocument(JsonNode document) {
        this.document = document;
        for (JsonNode schema : document.at("/components/schemas")) {
            close(schema);
        }
    }

    static OpenApiDocument ofFile() throws IOException {
        return new OpenApiDocument(new ObjectMapper(new YAMLFactory()).readTree(FILE.toFile()));
    }

    static OpenApiDocument ofJson(byte[] json) throws IOException {
        return new OpenApiDocument(JSON.readTree(json));
    }

    private static void close(JsonNode schema) {
        if (schema instanceof ObjectNode object && object.has("properties")) {
            object.put("additionalProperties", false);
        }
        schema.forEach(OpenApiDocument::close);
    }

    Set<String> paths() {
        Set<String> paths = new TreeSet<>();
        document.get("paths").fieldNames().forEachRemaining(paths::add);
        return paths;
    }

    /** The path with the examples of its parameters. */
    String examplePath(String path, Map<String, String> otherValues) {
        String filled = path;
        for (JsonNode parameter : document.at("/components/parameters")) {
            String name = parameter.get("name").asText();
            if (parameter.get("in").asText().equals("path")) {
                String example = parameter.get("example").asText();
                filled = filled.replace("{" + name + "}", otherValues.getOrDefault(name, example));
            }
        }
        return filled;
    }

    /** All documented answers as method, path and status. */
    Set<String> answers(Predicate<String> paths) {
        Set<String> answers = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .properties()
                        .forEach(method -> method.getValue()
                                .get("responses")
                                .fieldNames()
                                .forEachRemaining(status -> {
                                    if (paths.test(path.getKey())) {
                                        answers.add(answer(method.getKey(), path.getKey(), status));
                                    }
                                })));
        return answers;
    }

    private static String answer(String method, String path, String status) {
        return method.toUpperCase(Locale.ROOT) + " " + path + " " + status;
    }

    Set<String> seen() {
        return seen;
    }

    /** The documented examples of problems that no answer was like, as name of the response and type. */
    Set<String> unseenProblems() {
        Set<String> unseen = new TreeSet<>();
        document.at("/components/responses")
                .properties()
                .forEach(response -> examples(response.getValue())
                        .fieldNames()
                        .forEachRemaining(type -> unseen.add(response.getKey() + " " + type)));
        unseen.removeAll(seenProblems);
        return unseen;
    }

    /** The types of problems that have an example. */
    Set<String> problemTypes() {
        Set<String> types = new TreeSet<>();
        document.at("/components/examples")
                .forEach(example -> types.add(example.at("/value/type").asText()));
        return types;
    }

    private static JsonNode examples(JsonNode response) {
        return response.at("/content/application~1problem+json/examples");
    }

    private JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").asText().substring(1)) : node;
    }

    /**
     * Compares an answer with the documented one.
     *
     * @param method the documented method
     * @param path the documented path, with parameters
     */
    void check(String method, String path, HttpResponse<byte[]> answer) throws IOException {
        check(method, path, answer.statusCode(), answer.headers().map(), answer.body());
    }

    void check(String method, String path, int status, Map<String, List<String>> headers, byte[] body)
            throws IOException {
        String message = method + " " + path + " " + status + " " + headers + " "
                + new String(body, 0, Math.min(300, body.length), StandardCharsets.UTF_8);
        JsonNode responses = document.at("/paths/" + path.replace("/", "~1") + "/" + method.toLowerCase(Locale.ROOT))
                .path("responses");
        assertFalse(responses.isMissingNode(), message);
        JsonNode problem = null;
        String type =
                headers.getOrDefault("content-type", List.of("")).getFirst().replaceFirst(" *;.*", "");
        if (type.equals("application/problem+json")) {
            problem = JSON.readTree(body);
        }
        JsonNode response = resolve(responses.path(String.valueOf(status)));
        String documented = String.valueOf(status);
        if (response.isMissingNode() || (problem != null && !examples(response).has(name(problem)))) {
            documented = "default";
            response = resolve(responses.path(documented));
        }
        assertFalse(response.isMissingNode(), "not documented: " + message);
        seen.add(answer(method, path, documented));

        Set<String> documentedHeaders = new TreeSet<>();
        response.path("headers")
                .fieldNames()
                .forEachRemaining(name -> documentedHeaders.add(name.toLowerCase(Locale.ROOT)));
        for (String name : headers.keySet()) {
            String lower = name.toLowerCase(Locale.ROOT);
            // Those below /q are of Quarkus, whose headers may change with its releases.
            boolean known =
                    path.startsWith("/q/") || GENERAL_HEADERS.contains(lower) || documentedHeaders.contains(lower);
            assertTrue(known, name + " of " + message);
        }
        if (body.length == 0) {
            assertFalse(response.has("content"), message);
            return;
        }
        JsonNode content = response.path("content").path(type);
        assertFalse(content.isMissingNode(), message);
        if (type.endsWith("json")) {
            for (String json : type.equals(NdjsonWriter.MEDIA_TYPE)
                    ? new String(body, StandardCharsets.UTF_8).split("\n")
                    : new String[] {new String(body, StandardCharsets.UTF_8)}) {
                validate(content.get("schema"), JSON.readTree(json), message);
            }
        }
        if (problem != null) {
            checkExample(response, problem, message);
        }
    }

    private static String name(JsonNode problem) {
        return problem.get("type").asText().replace("/problems/", "");
    }

    private void validate(JsonNode schema, JsonNode value, String message) {
        ObjectNode whole = schema.deepCopy();
        whole.set("components", document.get("components"));
        assertEquals(Set.of(), SCHEMAS.getSchema(whole).validate(value), message);
    }

    private void checkExample(JsonNode response, JsonNode problem, String message) {
        JsonNode example = resolve(examples(response).path(name(problem))).path("value");
        assertEquals(members(example), members(problem), message);
        for (String member : List.of("type", "title", "status")) {
            assertEquals(example.get(member), problem.get(member), message);
        }
        document.at("/components/responses").properties().forEach(documented -> {
            if (documented.getValue().equals(response)) {
                seenProblems.add(documented.getKey() + " " + name(problem));
            }
        });
    }

    private static Set<String> members(JsonNode object) {
        Set<String> members = new TreeSet<>();
        for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
            members.add(names.next());
        }
        return members;
    }

    /** Explains a difference between documented and seen answers. */
    static String difference(Set<String> documented, Set<String> seen) {
        return documented.stream().filter(answer -> !seen.contains(answer)).collect(Collectors.joining("\n"));
    }
}
