package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.ManifestForm;

/**
 * The manifest file of a version: one line of JSON, and one line with its CRC-32C. Beside the manifest, it records the
 * source of the lines.
 *
 * @param manifest describes the version
 * @param source the plain or compressed file that the lines came from, with its stamp at that time; null if they came
 *     from a stream
 * @param inPlace true if the lines are in the source itself; false if they are in the store's own copy
 */
record ManifestFile(
        Manifest manifest,
        @JsonSetter(nulls = Nulls.SET) @Nullable SourceFile source,
        boolean inPlace) {
    static final String NAME = "manifest";
    static final String LAYOUT = "embedded-4";

    private static final String CHECKSUM = "# crc32c ";

    /**
     * Reads a manifest file.
     *
     * @throws IOException if the file cannot be read, is damaged, or has a layout of another release
     */
    static ManifestFile read(Path file) throws IOException {
        if (Files.exists(file.resolveSibling("manifest.properties"))) {
            throw new IOException("its layout is older than '" + LAYOUT + "'");
        }
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        int at = text.lastIndexOf(CHECKSUM);
        if (at < 0 || !text.equals(withChecksum(text.substring(0, at)))) {
            throw new IOException("its checksum does not match");
        }
        try {
            JsonNode json = ManifestForm.MAPPER.readTree(text);
            String layout = json.at("/manifest/layout").asText();
            if (!layout.equals(LAYOUT)) {
                throw new IOException("it has layout '" + layout + "', and this line-server reads '" + LAYOUT + "'");
            }
            return ManifestForm.MAPPER.treeToValue(json, ManifestFile.class);
        } catch (JsonProcessingException e) {
            throw new IOException(e.getOriginalMessage(), e);
        }
    }

    /**
     * Returns true if the request's file has the path and stamp of this version's source, and its lines are usable for
     * the request.
     */
    boolean isFrom(BuildRequest request) {
        return request.file() != null && request.file().equals(source) && !(inPlace && request.copy());
    }

    /**
     * Returns this manifest file with the request's source, which has the same content, so that {@link #isFrom}
     * recognises that source later.
     *
     * @return empty if the version cannot be used for the request: its lines stay in their source, and the request
     *     names another file or needs a copy
     */
    Optional<ManifestFile> withSourceOf(BuildRequest request) {
        SourceFile file = request.file();
        boolean otherFile = file == null || source == null || !file.path().equals(source.path());
        return inPlace && (otherFile || request.copy())
                ? Optional.empty()
                : Optional.of(new ManifestFile(manifest, file == null ? source : file, inPlace));
    }

    /** Writes the file. Its bytes are durable when this method returns. */
    void write(Path file, Disk disk) throws IOException {
        byte[] bytes = withChecksum(ManifestForm.MAPPER.writeValueAsString(this) + "\n")
                .getBytes(StandardCharsets.UTF_8);
        disk.writeFile(file, ByteBuffer.wrap(bytes));
    }

    private static String withChecksum(String body) {
        CRC32C checksum = new CRC32C();
        checksum.update(body.getBytes(StandardCharsets.UTF_8));
        return body + CHECKSUM + Long.toHexString(checksum.getValue()) + "\n";
    }
}
