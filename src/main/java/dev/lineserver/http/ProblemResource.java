package dev.lineserver.http;

import java.util.Arrays;
import java.util.stream.Collectors;

import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;

/** Describes the kinds of problems, at the paths that problems have as their {@code type}. */
@Path("/problems")
@NonBlocking
@Produces(MediaType.TEXT_PLAIN)
final class ProblemResource {
    @GET
    public String all() {
        return Arrays.stream(ProblemType.values()).map(ProblemType::path).collect(Collectors.joining("\n", "", "\n"));
    }

    @GET
    @Path("/{type}")
    public String one(@PathParam("type") String type) {
        return ProblemType.of(type).map(ProblemType::description).orElseThrow(() -> new WebApplicationException(404));
    }
}
