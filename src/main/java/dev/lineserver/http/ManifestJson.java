package dev.lineserver.http;

import io.quarkus.runtime.annotations.RegisterForReflection;

import dev.lineserver.store.Manifest;

/** A manifest as JSON, for HTTP and for the command line; the names of the components are those of the members. */
@RegisterForReflection
public record ManifestJson(
        String dataset,
        long version,
        long lines,
        long bytes,
        long longestLine,
        boolean terminated,
        String digest,
        String source,
        String layout,
        String createdAt) {

    public static ManifestJson of(Manifest manifest) {
        return new ManifestJson(
                manifest.dataset().value(),
                manifest.version(),
                manifest.lineCount(),
                manifest.byteCount(),
                manifest.content().longestLine(),
                manifest.content().terminated(),
                manifest.content().digest().toString(),
                manifest.sourceName(),
                manifest.layout(),
                manifest.createdAt().toString());
    }
}
