package dev.lineserver.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the small files that settings name. */
public final class RegularFile {
    private RegularFile() {}

    /**
     * Reads a whole file, which must be a regular one. A pipe without a writer would be waited for without end, and one with a
     * writer would be empty at the next reading; a device may have no end.
     *
     * @param maxBytes the largest length, in bytes
     * @throws IOException if it cannot be read, is not a regular file, or is longer; the message has no name of the file
     */
    public static byte[] read(Path file, int maxBytes) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("it is not a regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                throw new IOException("it is longer than " + maxBytes + " bytes");
            }
            return bytes;
        }
    }
}
