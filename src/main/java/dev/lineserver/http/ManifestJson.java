package dev.lineserver.http;

import io.vertx.core.json.JsonObject;

import dev.lineserver.store.Manifest;

/** A manifest for programs. */
public final class ManifestJson {
    private ManifestJson() {}

    /** All of a manifest, under the names that HTTP and the command line share. */
    public static JsonObject of(Manifest manifest) {
        return new JsonObject()
                .put("dataset", manifest.dataset().value())
                .put("version", manifest.version())
                .put("lines", manifest.lineCount())
                .put("bytes", manifest.byteCount())
                .put("longestLine", manifest.content().longestLine())
                .put("terminated", manifest.content().terminated())
                .put("digest", manifest.content().digest().toString())
                .put("source", manifest.sourceName())
                .put("layout", manifest.layout())
                .put("createdAt", manifest.createdAt().toString());
    }
}
