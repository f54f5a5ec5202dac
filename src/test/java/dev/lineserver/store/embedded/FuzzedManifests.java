package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

import dev.lineserver.store.Manifest;
import dev.lineserver.store.ManifestForm;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Any bytes as the file of a manifest or of a list of versions, with the checksum that it has, and with the right one: it
 * is refused with an {@link IOException}, or what is read is the same after it was written.
 */
public final class FuzzedManifests {
    private FuzzedManifests() {}

    private interface Form<T> {
        T read(Path file) throws IOException;
    }

    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        Path directory = Files.createTempDirectory("fuzzed-manifest");
        Path file = directory.resolve(ManifestFile.NAME);
        try {
            checkJson(bytes);
            Files.write(file, bytes);
            check(file, ManifestFile::read);
            check(file, VersionsFile::read);
            Files.writeString(file, withChecksum(new String(bytes, StandardCharsets.UTF_8)));
            check(file, ManifestFile::read);
            check(file, VersionsFile::read);
        } finally {
            Files.deleteIfExists(file);
            Files.delete(directory);
        }
    }

    private static void checkJson(byte[] bytes) throws IOException {
        Manifest manifest;
        try {
            manifest = ManifestForm.MAPPER.readValue(bytes, Manifest.class);
        } catch (IOException refused) {
            return;
        }
        if (manifest != null) {
            byte[] written = ManifestForm.MAPPER.writeValueAsBytes(manifest);
            assertEquals(manifest, ManifestForm.MAPPER.readValue(written, Manifest.class));
        }
    }

    private static <T> void check(Path file, Form<T> form) throws IOException {
        T content;
        try {
            content = form.read(file);
        } catch (IOException refused) {
            return;
        }
        Files.write(file, ChecksummedJson.bytes(content).array());
        assertEquals(content, form.read(file));
    }

    private static String withChecksum(String body) {
        CRC32C checksum = new CRC32C();
        checksum.update(body.getBytes(StandardCharsets.UTF_8));
        return body + "# crc32c " + Long.toHexString(checksum.getValue()) + "\n";
    }
}
