package dev.lineserver.mcp;

import java.util.List;
import java.util.Optional;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.ManifestForm;
import dev.lineserver.store.StoredVersion;

/** Describes datasets by the manifests of their current versions, within bounds: a store may have thousands of each. */
final class DatasetFacts {
    private static final int MAX_DATASETS = 100;
    /** Of the first files, and of the newest versions, of a dataset. */
    private static final int MAX_ENTRIES = 100;

    private DatasetFacts() {}

    static ObjectNode describe(Datasets datasets, List<ServedDataset> described) {
        ObjectNode answer = McpServer.JSON.createObjectNode().put("default_dataset", datasets.defaultName());
        ArrayNode entries = answer.putArray("datasets");
        described.stream().limit(MAX_DATASETS).forEach(dataset -> entries.add(describe(dataset)));
        if (described.size() > MAX_DATASETS) {
            answer.put("datasets_not_shown", described.size() - MAX_DATASETS);
        }
        datasets.unavailability().ifPresent(reason -> answer.put("failure", reason));
        return answer;
    }

    private static ObjectNode describe(ServedDataset dataset) {
        Optional<ManifestForm> current = dataset.manifest().map(Manifest::form);
        ObjectNode entry = current.isPresent()
                ? ManifestForm.MAPPER.valueToTree(current.get())
                : McpServer.JSON.createObjectNode().put("dataset", dataset.name());
        if (entry.get("files") instanceof ArrayNode files && files.size() > MAX_ENTRIES) {
            entry.put("files_not_shown", files.size() - MAX_ENTRIES);
            while (files.size() > MAX_ENTRIES) {
                files.remove(files.size() - 1);
            }
        }
        dataset.unavailability().ifPresent(reason -> entry.put("failure", reason));
        List<StoredVersion> published = dataset.versions().map(DatasetVersions::versions).orElse(List.of()).stream()
                .filter(StoredVersion::isPublished)
                .toList();
        int older = Math.max(0, published.size() - MAX_ENTRIES);
        ArrayNode versions = entry.putArray("versions");
        published.stream()
                .skip(older)
                .forEach(version -> versions.addObject()
                        .put("version", version.number())
                        .put("state", version.state().label()));
        if (older > 0) {
            entry.put("versions_not_shown", older);
        }
        return entry;
    }
}
