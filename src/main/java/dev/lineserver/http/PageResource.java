package dev.lineserver.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.core.Variant;

import dev.lineserver.config.ServeConfig;

/**
 * The pages for people: lines at {@code /}, and the state of the server at {@code /status}. They consist of the files in the
 * directory {@code page} of the class path, and read everything else from the same resources as other clients. Its methods
 * never block.
 */
@Path("/")
@NonBlocking
final class PageResource {
    /** Nothing from elsewhere, and no script or style within a page: whatever a line contains, it is not executed. */
    private static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; "
            + "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final MediaType HTML = MediaType.TEXT_HTML_TYPE.withCharset(StandardCharsets.UTF_8.name());
    private static final List<Variant> ROOT_VARIANTS = Variant.mediaTypes(
                    MediaType.TEXT_HTML_TYPE, MediaType.APPLICATION_JSON_TYPE)
            .build();
    private static final String FILES =
            "index.html status.html page.css api.js blocks.js bytes.js detail.js lines.js list.js"
                    + " metrics.js status.js";
    private static final Map<String, MediaType> TYPES = Map.of(
            "html",
            HTML,
            "css",
            new MediaType("text", "css", "UTF-8"),
            "js",
            new MediaType("text", "javascript", "UTF-8"));

    private final Map<String, PageFile> files;
    private final Map<String, Object> paths;

    PageResource(ServeConfig config) {
        String firstLine = String.valueOf(config.lineNumbers().first());
        String dataset = config.dataset().toString();
        files = Stream.of(FILES.split(" ", -1))
                .collect(Collectors.toMap(
                        Function.identity(),
                        name -> PageFile.load(
                                name,
                                text -> name.endsWith(".html")
                                        ? text.replace("{first-line}", firstLine)
                                                .replace("{dataset}", dataset)
                                        : text)));
        paths = paths(config.lineNumbers().first(), dataset);
    }

    /** Returns the names and paths that a program finds at the root of the server. */
    private static Map<String, Object> paths(int firstLineNumber, String dataset) {
        Map<String, Object> paths = new LinkedHashMap<>();
        paths.put("service", "Line Server");
        paths.put("firstLineNumber", firstLineNumber);
        paths.put("dataset", dataset);
        paths.put("line", "/lines/{number}");
        paths.put("lines", "/lines");
        paths.put("datasets", "/datasets");
        paths.put("problems", "/problems");
        paths.put("status", "/status");
        paths.put("openapi", "/q/openapi");
        paths.put("health", "/q/health");
        paths.put("metrics", "/q/metrics");
        return paths;
    }

    /** A file as it is sent. */
    private record PageFile(byte[] bytes, MediaType type, EntityTag tag) {
        static PageFile load(String name, Function<String, String> fill) {
            try (InputStream in = PageResource.class.getResourceAsStream("/page/" + name)) {
                if (in == null) {
                    throw new IllegalStateException("the program lacks the file page/" + name);
                }
                byte[] bytes = fill.apply(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                        .getBytes(StandardCharsets.UTF_8);
                CRC32C checksum = new CRC32C();
                checksum.update(bytes);
                MediaType type = Objects.requireNonNull(TYPES.get(name.substring(name.lastIndexOf('.') + 1)));
                return new PageFile(bytes, type, new EntityTag(Long.toHexString(checksum.getValue())));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The page of lines; for a client that prefers JSON, the paths of the server. */
    @GET
    public Response root(@Context Request request) {
        MediaType type = select(request, ROOT_VARIANTS);
        return MediaType.APPLICATION_JSON_TYPE.isCompatible(type)
                ? Response.ok(paths, MediaType.APPLICATION_JSON_TYPE).build()
                : send(request, "index.html").build();
    }

    /** The page of the server's state. Its links are relative, and would lead nowhere below {@code /status/}. */
    @GET
    @Path("status")
    public Response status(@Context Request request, @Context UriInfo uri) {
        if (uri.getPath().endsWith("/")) {
            return Response.status(HttpResponseStatus.PERMANENT_REDIRECT.code())
                    .header(HttpHeaders.LOCATION, "../status")
                    .build();
        }
        return send(request, "status.html").build();
    }

    /** One of the files of which the pages consist. */
    @GET
    @Path("page/{file}")
    public Response file(@PathParam("file") String name, @Context Request request) {
        if (!files.containsKey(name) || name.endsWith(".html")) {
            throw new WebApplicationException(Response.Status.NOT_FOUND);
        }
        return send(request, name).build();
    }

    private Response.ResponseBuilder send(Request request, String name) {
        PageFile file = Objects.requireNonNull(files.get(name));
        MediaType _ = select(request, Variant.mediaTypes(file.type).build());
        Response.ResponseBuilder unchanged = request.evaluatePreconditions(file.tag);
        if (unchanged != null && unchanged.build().getStatus() != Response.Status.NOT_MODIFIED.getStatusCode()) {
            // If-Match names another tag. The answer would have no problem as its body.
            throw new WebApplicationException(Response.Status.PRECONDITION_FAILED);
        }
        return (unchanged == null ? Response.ok(file.bytes, file.type).tag(file.tag) : unchanged)
                .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                .header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                .header("Referrer-Policy", "no-referrer");
    }

    /** Chooses one of several types by {@code Accept}; Quarkus REST adds {@code Vary} to the answer. */
    private static MediaType select(Request request, List<Variant> variants) {
        Variant variant = request.selectVariant(variants);
        if (variant == null) {
            throw new WebApplicationException(Response.Status.NOT_ACCEPTABLE);
        }
        return variant.getMediaType();
    }
}
