package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;

import dev.lineserver.store.ManifestForm;
import dev.lineserver.store.RegularFile;

/**
 * The form of the store's small files: one line of JSON, which names its layout, and one line with its CRC-32C. A change
 * of this form would make an older program take an intact file for a damaged one, so all layouts have it.
 */
final class ChecksummedJson {
    private static final String CHECKSUM = "# crc32c ";

    private ChecksummedJson() {}

    /** A file is damaged. */
    static final class UnusableException extends IOException {
        private static final long serialVersionUID = 1;

        UnusableException(String message) {
            super(message);
        }
    }

    /**
     * A file is intact, and has a layout of another release. It must not be taken for a damaged file, which may be
     * replaced: the program that wrote it can still read it.
     */
    static final class OtherLayoutException extends IOException {
        private static final long serialVersionUID = 1;

        OtherLayoutException(Path file, String found, String... layouts) {
            super(file + " cannot be used: it has layout '" + found + "', and this line-server reads '"
                    + String.join("' and '", layouts) + "'; use the program that wrote it");
        }
    }

    /**
     * Reads a file.
     *
     * @param layoutMember JSON pointer to the name of the layout
     * @param layouts the layouts that can be read
     * @throws UnusableException if the file can be read and is damaged; the message is a clause that begins with "it"
     * @throws OtherLayoutException if the file is intact and has another layout
     */
    static <T> T read(Path file, Class<T> type, String layoutMember, String... layouts) throws IOException {
        if (RegularFile.isOther(file)) {
            throw new UnusableException("it is not a regular file");
        }
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        int at = text.lastIndexOf(CHECKSUM);
        if (at < 0 || !text.equals(withChecksum(text.substring(0, at)))) {
            throw new UnusableException("its checksum does not match");
        }
        try {
            JsonNode json = ManifestForm.MAPPER.readTree(text);
            String found = json.at(layoutMember).asText();
            if (found.isEmpty()) {
                throw new UnusableException("it names no layout");
            }
            if (!List.of(layouts).contains(found)) {
                throw new OtherLayoutException(file, found, layouts);
            }
            return ManifestForm.MAPPER.treeToValue(json, type);
        } catch (JsonProcessingException e) {
            UnusableException unusable = new UnusableException(e.getOriginalMessage());
            unusable.initCause(e);
            throw unusable;
        }
    }

    /** Returns the bytes of a file with that content. */
    static ByteBuffer bytes(Object content) throws JsonProcessingException {
        String body = ManifestForm.MAPPER.writeValueAsString(content) + "\n";
        return ByteBuffer.wrap(withChecksum(body).getBytes(StandardCharsets.UTF_8));
    }

    private static String withChecksum(String body) {
        CRC32C checksum = new CRC32C();
        checksum.update(body.getBytes(StandardCharsets.UTF_8));
        return body + CHECKSUM + Long.toHexString(checksum.getValue()) + "\n";
    }
}
