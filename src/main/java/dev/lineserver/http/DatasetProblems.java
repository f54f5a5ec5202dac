package dev.lineserver.http;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Finds out why a dataset or a version cannot be read: it does not exist, it does not exist any more, or it is away. */
final class DatasetProblems {
    private DatasetProblems() {}

    /**
     * The problem of a dataset without an open version: 404 only if the store can be listed and does not list the dataset,
     * otherwise 503.
     */
    static Problem notServed(Datasets datasets, String name) {
        ServedDataset dataset = datasets.find(name);
        if (dataset != null) {
            return Problem.unavailable(dataset.unavailability().orElse("Dataset " + name + " is being opened."));
        }
        String detail = "There is no dataset " + name + "; /datasets lists the ones there are.";
        return datasets.unavailability()
                .map(Problem::unavailable)
                .orElseGet(() -> Problem.of(ProblemType.NO_SUCH_DATASET, detail));
    }

    /**
     * The problem of a version that is not published: 410 if the store had it, 404 if it never had it or holds it back.
     * While the versions cannot be listed, an unknown version may exist, so the answer is 503.
     *
     * @param dataset a dataset of {@code datasets}
     */
    static Problem notPublished(Datasets datasets, ServedDataset dataset, long version) {
        String name = dataset.name();
        Map<String, Object> members = Map.of("dataset", name, "version", version);
        Optional<DatasetVersions> versions = dataset.versions();
        if (versions.isPresent()
                && version >= 1
                && version <= versions.get().lastNumber()
                && versions.get().find(version).isEmpty()) {
            String detail = "Version " + version + " of dataset " + name + " is not stored any more.";
            return Problem.of(ProblemType.VERSION_GONE, detail, members);
        }
        String detail = "Dataset " + name + " has no published version " + version + "; /datasets/" + name
                + "/versions lists those it has.";
        return dataset.listingFailure()
                .or(datasets::unavailability)
                .map(Problem::unavailable)
                .orElseGet(() -> Problem.of(ProblemType.NO_SUCH_VERSION, detail, members));
    }

    /** The problem of a version that is published and cannot be opened. */
    static Problem notOpened(String dataset, long version, Throwable failure) {
        return switch (failure) {
            case StoreFailedException e -> Problem.storeFailed(e.getMessage());
            case StoreException e -> Problem.unavailable(e.getMessage());
            case TimeoutException _ ->
                Problem.unavailable("Version " + version + " of dataset " + dataset + " is still being opened.");
            default ->
                Problem.unavailable("Version " + version + " of dataset " + dataset + " cannot be opened: " + failure);
        };
    }
}
