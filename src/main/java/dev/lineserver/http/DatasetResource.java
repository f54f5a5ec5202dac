package dev.lineserver.http;

import java.util.List;
import java.util.Optional;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.ManifestForm;

/** Describes the served datasets. Its methods never block, so Quarkus REST calls them on the event loop. */
@Path("/datasets")
@NonBlocking
@Produces(MediaType.APPLICATION_JSON)
final class DatasetResource {
    private final Datasets datasets;

    DatasetResource(Datasets datasets) {
        this.datasets = datasets;
    }

    /** The open versions, at most one per dataset. */
    @RegisterForReflection
    record Listing(List<ManifestForm> datasets) {}

    @GET
    @Operation(summary = "All datasets, each with the version that is served")
    @APIResponse(responseCode = "200", description = "The versions")
    @APIResponse(responseCode = "503", description = "The store is unavailable")
    public Listing all() {
        datasets.unavailability().ifPresent(reason -> {
            throw failure(Problem.unavailable(reason));
        });
        return new Listing(datasets.all().stream()
                .flatMap(dataset -> dataset.manifest().stream())
                .map(Manifest::form)
                .toList());
    }

    @GET
    @Path("/{dataset}")
    @Operation(summary = "The version of one dataset that is served")
    @APIResponse(responseCode = "200", description = "The version")
    @APIResponse(responseCode = "404", description = "There is no such dataset")
    @APIResponse(responseCode = "503", description = "The dataset or the store cannot be read")
    public ManifestForm one(@PathParam("dataset") String name) {
        return Optional.ofNullable(datasets.find(name))
                .flatMap(ServedDataset::manifest)
                .map(Manifest::form)
                .orElseThrow(() -> failure(Problem.notServed(datasets, name)));
    }

    private static WebApplicationException failure(Problem problem) {
        return new WebApplicationException(problem.response());
    }
}
