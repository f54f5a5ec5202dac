package dev.lineserver.http;

import java.util.List;
import java.util.Optional;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;

import dev.lineserver.line.WholeNumber;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.ManifestForm;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoredVersion;

/**
 * Describes the served datasets and their published versions. Its methods never block, so Quarkus REST calls them on the
 * event loop.
 */
@Path("/datasets")
@NonBlocking
@Produces(MediaType.APPLICATION_JSON)
final class DatasetResource {
    private final Datasets datasets;
    private final AccessRoute access;

    DatasetResource(Datasets datasets, AccessRoute access) {
        this.datasets = datasets;
        this.access = access;
    }

    /** The current versions that are open, at most one per dataset. */
    @RegisterForReflection
    record Listing(List<ManifestForm> datasets) {}

    /** The published versions of a dataset, sorted by number. */
    @RegisterForReflection
    record VersionListing(List<VersionForm> versions) {}

    /** One published version: {@code current} or {@code kept}. */
    sealed interface VersionForm {}

    /** A version that the store can describe. In JSON, the members of its manifest and {@code state}. */
    @RegisterForReflection
    record DescribedVersion(@JsonUnwrapped ManifestForm manifest, String state) implements VersionForm {}

    /** A version that the store cannot describe at present. */
    @RegisterForReflection
    record UndescribedVersion(String dataset, long version, String state, String failure) implements VersionForm {}

    @GET
    public Listing all(@Context RoutingContext routing) {
        datasets.unavailability().ifPresent(reason -> {
            throw failure(Problem.unavailable(reason));
        });
        return new Listing(datasets.all().stream()
                .filter(dataset -> access.mayRead(routing, dataset.name()))
                .flatMap(dataset -> dataset.manifest().stream())
                .map(Manifest::form)
                .toList());
    }

    @GET
    @Path("/{dataset}")
    public ManifestForm one(@PathParam("dataset") String name) {
        return Optional.ofNullable(datasets.find(name))
                .flatMap(ServedDataset::manifest)
                .map(Manifest::form)
                .orElseThrow(() -> failure(DatasetProblems.notServed(datasets, name)));
    }

    @GET
    @Path("/{dataset}/versions")
    public VersionListing versions(@PathParam("dataset") String name) {
        ServedDataset dataset = find(name);
        dataset.listingFailure().or(datasets::unavailability).ifPresent(reason -> {
            throw failure(Problem.unavailable(reason));
        });
        return new VersionListing(dataset.versions().map(DatasetVersions::versions).orElse(List.of()).stream()
                .filter(StoredVersion::isPublished)
                .map(version -> form(dataset, version))
                .toList());
    }

    private static VersionForm form(ServedDataset dataset, StoredVersion version) {
        try {
            return describe(version);
        } catch (StoreException e) {
            return new UndescribedVersion(
                    dataset.name(), version.number(), version.state().label(), e.getMessage());
        }
    }

    private static DescribedVersion describe(StoredVersion version) throws StoreException {
        return new DescribedVersion(version.describe().form(), version.state().label());
    }

    @GET
    @Path("/{dataset}/versions/{version}")
    public DescribedVersion version(@PathParam("dataset") String name, @PathParam("version") String text) {
        ServedDataset dataset = find(name);
        long number = WholeNumber.parse(text);
        if (number == WholeNumber.INVALID) {
            throw failure(Problem.notAVersionNumber(text));
        }
        StoredVersion version = dataset.published(number)
                .orElseThrow(() -> failure(DatasetProblems.notPublished(datasets, dataset, number)));
        try {
            return describe(version);
        } catch (StoreException e) {
            throw failure(DatasetProblems.notOpened(name, number, e));
        }
    }

    private ServedDataset find(String name) {
        ServedDataset dataset = datasets.find(name);
        if (dataset == null) {
            throw failure(DatasetProblems.notServed(datasets, name));
        }
        return dataset;
    }

    private static WebApplicationException failure(Problem problem) {
        return new WebApplicationException(problem.response());
    }
}
