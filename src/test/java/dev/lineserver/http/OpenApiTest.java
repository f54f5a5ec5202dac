package dev.lineserver.http;

import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The application has exactly the resources of its OpenAPI document, and those of Quarkus REST answer as documented. */
@QuarkusTest
@TestProfile(ApplicationTest.ApplicationProfile.class)
final class OpenApiTest {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Groups of checks, of which there are none, other paths of the document, and pages that Quarkus adds in tests. */
    private static final Pattern OTHER_PATHS =
            Pattern.compile("/q/health/(?:group|well).*|/q/openapi[.].*|/q/(?:health|swagger)-ui");

    @TestHTTPResource("/")
    URL root;

    @Inject
    Router router;

    private HttpResponse<byte[]> send(String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(root.toURI().resolve(URI.create(path)))
                .method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private OpenApiDocument document() throws Exception {
        return OpenApiDocument.ofJson(send("GET", "/q/openapi?format=json").body());
    }

    @Test
    void theServedDocumentIsThatOfTheFile() throws Exception {
        assertEquals(OpenApiDocument.ofFile().answers(_ -> true), document().answers(_ -> true));
    }

    /** Each path with the examples of its parameters is answered 200, and as documented. */
    @Test
    void theExampleOfEveryResourceIsAnsweredAsDocumented() throws Exception {
        OpenApiDocument document = document();
        for (String path : document.paths()) {
            HttpResponse<byte[]> answer = send("GET", document.examplePath(path, Map.of()));
            assertEquals(200, answer.statusCode(), path);
            document.check("GET", path, answer);
            if (!path.startsWith("/q/")) {
                HttpResponse<byte[]> head = send("HEAD", document.examplePath(path, Map.of()));
                assertEquals(200, head.statusCode(), path);
                assertEquals(answer.headers().firstValue("etag"), head.headers().firstValue("etag"), path);
            }
        }
    }

    @Test
    void refusalsOfQuarkusRestAreAsDocumented() throws Exception {
        OpenApiDocument document = document();
        Set<String> documented = new TreeSet<>();
        for (String path : document.paths()) {
            if (!path.contains("/lines") && !path.startsWith("/q/")) {
                String example = document.examplePath(path, Map.of());
                document.check("GET", path, send("DELETE", example));
                document.check("GET", path, send("GET", example, "Accept", "image/png"));
                documented.addAll(List.of("GET " + path + " 405", "GET " + path + " 406"));
            }
        }
        document.check("GET", "/problems/{type}", send("GET", "/problems/none"));
        documented.add("GET /problems/{type} 404");
        assertEquals(documented, document.seen());
    }

    /** Adds the paths below {@code /q}, which are on a router of their own. */
    private static void addOperationRoutes(Router router, String prefix, Set<String> routes) {
        for (Route route : router.getRoutes()) {
            String own = route.getPath() == null ? "" : route.getPath().replaceFirst("/\\*?$", "");
            String path = own.startsWith(prefix) ? own : prefix + own;
            if (route.getSubRouter() != null) {
                addOperationRoutes(route.getSubRouter(), path, routes);
            } else if (path.startsWith("/q/") && !OTHER_PATHS.matcher(path).matches()) {
                routes.add(path);
            }
        }
    }

    /** The routes of the router, the resources of Quarkus REST, and the paths of lines. */
    @Test
    void everyRouteIsDocumented() throws Exception {
        Set<String> routes = new TreeSet<>();
        addOperationRoutes(router, "", routes);
        for (JavaClass resource : new ClassFileImporter().importPackages("dev.lineserver.http")) {
            if (resource.isAnnotatedWith(Path.class)) {
                String base = resource.getAnnotationOfType(Path.class).value();
                for (JavaMethod method : resource.getMethods()) {
                    if (method.isAnnotatedWith(GET.class)) {
                        routes.add(base
                                + method.tryGetAnnotationOfType(Path.class)
                                        .map(Path::value)
                                        .orElse(""));
                    }
                }
            }
        }
        for (String path : LineRoute.PATHS) {
            String lines =
                    path.replace("/datasets/*", "/datasets/{dataset}/lines/*").replace("/*", "");
            routes.addAll(List.of(lines, lines + "/{n}"));
        }
        assertTrue(routes.contains("/q/metrics") && routes.contains("/datasets/{dataset}"), routes.toString());
        Set<String> undocumented = new TreeSet<>(routes);
        undocumented.removeAll(document().paths());
        assertEquals(Set.of(), undocumented);
    }
}
