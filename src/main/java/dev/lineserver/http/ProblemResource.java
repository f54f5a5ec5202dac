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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Describes the kinds of problems, at the paths that problems have as their {@code type}. */
@Path("/problems")
@NonBlocking
@Produces(MediaType.TEXT_PLAIN)
final class ProblemResource {
    @GET
    @Operation(summary = "The paths of all kinds of problems, one on each line")
    @APIResponse(responseCode = "200", description = "The paths")
    public String all() {
        return Arrays.stream(ProblemType.values()).map(ProblemType::path).collect(Collectors.joining("\n", "", "\n"));
    }

    @GET
    @Path("/{type}")
    @Operation(summary = "The meaning of one kind of problem, and what to do")
    @APIResponse(responseCode = "200", description = "The description")
    @APIResponse(responseCode = "404", description = "There is no such kind")
    public String one(@PathParam("type") String type) {
        return ProblemType.of(type).map(ProblemType::description).orElseThrow(() -> new WebApplicationException(404));
    }
}
