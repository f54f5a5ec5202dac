package dev.lineserver.store;

import java.time.Instant;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

import dev.lineserver.line.ContentDigest;

/**
 * Describes one version of a dataset. Written last, so that a version with a manifest is whole.
 *
 * @param dataset what the version is a version of
 * @param version 1, 2, 3 …
 * @param content counts and digest
 * @param sourceName the origin of the content, for people: a path, or {@code -} for standard input
 * @param layout name and revision of the form in which the store keeps the lines
 * @param createdAt when the version was committed
 */
public record Manifest(
        DatasetName dataset, long version, Content content, String sourceName, String layout, Instant createdAt) {

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static Manifest of(ManifestForm form) {
        return new Manifest(
                new DatasetName(form.dataset()),
                form.version(),
                new Content(
                        form.lines(),
                        form.bytes(),
                        ContentDigest.parse(form.digest()),
                        form.longestLine(),
                        form.terminated()),
                form.source(),
                form.layout(),
                Instant.parse(form.createdAt()));
    }

    /** As JSON. */
    @JsonValue
    public ManifestForm form() {
        return new ManifestForm(
                dataset.value(),
                version,
                content.lineCount(),
                content.byteCount(),
                content.longestLine(),
                content.terminated(),
                content.digest().toString(),
                sourceName,
                layout,
                createdAt.toString());
    }

    /** Number of lines, at least 0. */
    public long lineCount() {
        return content.lineCount();
    }

    /** Number of bytes, terminators included. */
    public long byteCount() {
        return content.byteCount();
    }
}
