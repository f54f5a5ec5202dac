package dev.lineserver.http;

import io.smallrye.common.annotation.NonBlocking;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;

/** What is being served. */
@Path("/datasets")
@NonBlocking
final class DatasetResource {
    private final Datasets datasets;

    DatasetResource(Datasets datasets) {
        this.datasets = datasets;
    }

    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(summary = "All datasets, each with its newest version")
    public String all() {
        JsonArray all = new JsonArray();
        datasets.all().forEach(dataset -> dataset.manifest().ifPresent(manifest -> all.add(ManifestJson.of(manifest))));
        return new JsonObject().put("datasets", all).encode();
    }

    @GET
    @Path("/{dataset}")
    @Operation(summary = "One dataset's newest version")
    @APIResponse(responseCode = "200", description = "The version")
    @APIResponse(responseCode = "404", description = "There is no such dataset")
    public Response one(@PathParam("dataset") String name) {
        ServedDataset dataset = datasets.find(name);
        if (dataset == null) {
            return problem(
                    datasets.unavailability().map(Problem::unavailable).orElseGet(() -> Problem.noSuchDataset(name)));
        }
        return dataset.manifest()
                .map(manifest -> Response.ok(ManifestJson.of(manifest).encode(), MediaType.APPLICATION_JSON)
                        .build())
                .orElseGet(() ->
                        problem(Problem.unavailable(dataset.unavailability().orElse("it is being opened"))));
    }

    private static Response problem(Problem problem) {
        return Response.status(problem.status())
                .type(Problem.MEDIA_TYPE)
                .entity(problem.json().encode())
                .build();
    }
}
