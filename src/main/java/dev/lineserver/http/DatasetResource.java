package dev.lineserver.http;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

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

    DatasetResource(Datasets datasets) {
        this.datasets = datasets;
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
    @Operation(summary = "All datasets, each with its current version")
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
    @Operation(summary = "The current version of one dataset")
    @APIResponse(responseCode = "200", description = "The version")
    @APIResponse(responseCode = "404", description = "There is no such dataset")
    @APIResponse(responseCode = "503", description = "The dataset or the store cannot be read")
    public ManifestForm one(@PathParam("dataset") String name) {
        return Optional.ofNullable(datasets.find(name))
                .flatMap(ServedDataset::manifest)
                .map(Manifest::form)
                .orElseThrow(() -> failure(Problem.notServed(datasets, name)));
    }

    @GET
    @Path("/{dataset}/versions")
    @Operation(summary = "The versions of one dataset whose lines can be read, the current one and those kept")
    @APIResponse(
            responseCode = "200",
            description =
                    "The versions; one that the store cannot describe has a member failure instead of its manifest",
            content = @Content(schema = @Schema(implementation = VersionListing.class)))
    @APIResponse(responseCode = "404", description = "There is no such dataset")
    @APIResponse(responseCode = "503", description = "The dataset or the store cannot be read")
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
            return new UndescribedVersion(dataset.name(), version.number(), state(version), e.getMessage());
        }
    }

    private static DescribedVersion describe(StoredVersion version) throws StoreException {
        return new DescribedVersion(version.describe().form(), state(version));
    }

    private static String state(StoredVersion version) {
        return version.state().name().toLowerCase(Locale.ROOT);
    }

    @GET
    @Path("/{dataset}/versions/{version}")
    @Operation(summary = "One published version of a dataset")
    @APIResponse(
            responseCode = "200",
            description = "The version",
            content = @Content(schema = @Schema(implementation = DescribedVersion.class)))
    @APIResponse(responseCode = "400", description = "The version is not a number")
    @APIResponse(responseCode = "404", description = "There is no such dataset, or no such version has been published")
    @APIResponse(responseCode = "410", description = "The version is not stored any more")
    @APIResponse(responseCode = "500", description = "The store cannot describe the version")
    @APIResponse(responseCode = "503", description = "The dataset or the store cannot be read")
    public DescribedVersion version(@PathParam("dataset") String name, @PathParam("version") String text) {
        ServedDataset dataset = find(name);
        long number = WholeNumber.parse(text);
        if (number == WholeNumber.INVALID) {
            throw failure(Problem.notAVersionNumber(text));
        }
        StoredVersion version =
                dataset.published(number).orElseThrow(() -> failure(Problem.notPublished(datasets, dataset, number)));
        try {
            return describe(version);
        } catch (StoreException e) {
            throw failure(Problem.notOpened(name, number, e));
        }
    }

    private ServedDataset find(String name) {
        ServedDataset dataset = datasets.find(name);
        if (dataset == null) {
            throw failure(Problem.notServed(datasets, name));
        }
        return dataset;
    }

    private static WebApplicationException failure(Problem problem) {
        return new WebApplicationException(problem.response());
    }
}
