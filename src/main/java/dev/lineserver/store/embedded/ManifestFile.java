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
 * A manifest and what the embedded store keeps beside it: a line of JSON, and a line with its CRC-32C.
 *
 * @param manifest what describes the version
 * @param source the file that the lines came from, as it was when they were read, possibly compressed; null if they came
 *     from a stream
 * @param inPlace true if the lines are in the source itself, not in the store's own copy
 */
record ManifestFile(
        Manifest manifest,
        @JsonSetter(nulls = Nulls.SET) @Nullable SourceFile source,
        boolean inPlace) {
    static final String NAME = "manifest";
    static final String LAYOUT = "embedded-4";

    private static final String CHECKSUM = "# crc32c ";

    /** @throws IOException if the file cannot be read, or was not written by {@link #write} */
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

    /** Whether the request's file is, by path and stamp, the one that the version was made from. */
    boolean isFrom(BuildRequest request) {
        return request.file() != null && request.file().equals(source) && !(inPlace && request.copy());
    }

    /**
     * The version with another source of the same content, so that {@link #isFrom} recognizes that source.
     *
     * @return empty if the lines are not where the request wants them
     */
    Optional<ManifestFile> standingFor(BuildRequest request) {
        SourceFile file = request.file();
        boolean elsewhere = file == null || source == null || !file.path().equals(source.path());
        return inPlace && (elsewhere || request.copy())
                ? Optional.empty()
                : Optional.of(new ManifestFile(manifest, file == null ? source : file, inPlace));
    }

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
