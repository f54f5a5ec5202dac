package dev.lineserver.store;

import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

import dev.lineserver.line.ContentDigest;

/**
 * Describes one version of a dataset. Immutable; safe for use by any thread.
 *
 * <p>A store creates the manifest in {@link Build#commit} and writes it after all lines, so a version that has a
 * manifest is complete. Readers obtain it from {@link LineStore#datasets} or {@link LineStore#current}, pass it to
 * {@link LineStore#open} to read the lines, and show it to users. Two manifests are equal exactly if they describe the
 * same version; the server compares them to detect a change.
 *
 * {@snippet :
 * Manifest current = store.current(dataset).orElseThrow();
 * if (!current.equals(snapshot.manifest())) {
 *     Snapshot next = store.open(current);
 * }
 * }
 *
 * <p>As JSON, a manifest has the members of {@link ManifestForm}.
 *
 * @param dataset the dataset that the version belongs to
 * @param version number of the version: 1, 2, 3 …
 * @param content counts and digest
 * @param sourceName origin of the content, for display: a path, or {@code -} for standard input
 * @param layout name and revision of the form in which the store keeps the lines
 * @param createdAt when the version was committed
 * @param files the files of which the content consists, in their order; empty if it has one source
 */
public record Manifest(
        DatasetName dataset,
        long version,
        Content content,
        String sourceName,
        String layout,
        Instant createdAt,
        List<Part> files) {
    /** Copies the files. */
    public Manifest {
        files = List.copyOf(files);
    }

    /**
     * One of several files of which a content consists.
     *
     * @param name absolute path, or {@code -} for standard input
     * @param firstLine number of the file's first line, counted from 1; if the file is empty, of the line after it
     */
    public record Part(String name, long firstLine) {}

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
                Instant.parse(form.createdAt()),
                form.files());
    }

    /** Returns the form that Jackson writes as JSON. */
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
                createdAt.toString(),
                files);
    }

    /** Names the version in messages: {@code dataset logs version 7}. */
    public String versionName() {
        return "dataset " + dataset + " version " + version;
    }

    /** Returns the number of lines, at least 0. */
    public long lineCount() {
        return content.lineCount();
    }

    /** Returns the number of bytes, terminators included. */
    public long byteCount() {
        return content.byteCount();
    }
}
