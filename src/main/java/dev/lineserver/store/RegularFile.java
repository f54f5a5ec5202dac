package dev.lineserver.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Opens files that must be regular ones. To open a pipe without a writer waits without end, and nothing can interrupt it; a pipe
 * with a writer would be empty at the next reading; a device may have no end. So the type of a file is checked before it is opened.
 * A program that replaces the file between the two steps is not noticed: Java has no way to open a file without waiting.
 *
 * <p>Symbolic links are followed.
 */
public final class RegularFile {
    private RegularFile() {}

    /** Returns true if there is something else than a regular file: a directory, a pipe, a socket or a device. */
    public static boolean isOther(Path file) {
        try {
            // One look: another process may remove the file between two.
            return !Files.readAttributes(file, BasicFileAttributes.class).isRegularFile();
        } catch (IOException e) {
            // Whoever opens the file learns why it cannot be opened.
            return false;
        }
    }

    /**
     * Checks that a file can be opened without waiting. Does nothing if it does not exist.
     *
     * @throws IOException if {@link #isOther}; the message is a clause that begins with "it"
     */
    public static void require(Path file) throws IOException {
        if (isOther(file)) {
            throw new IOException("it is not a regular file");
        }
    }

    /**
     * Opens a file.
     *
     * @throws IOException if it cannot be opened, or as for {@link #require}
     */
    public static FileChannel open(Path file, OpenOption... options) throws IOException {
        require(file);
        return FileChannel.open(file, options);
    }

    /**
     * Reads a whole file that a setting names.
     *
     * @param maxBytes the largest length, in bytes
     * @throws IOException if it cannot be read, is not a regular file, or is longer; the message has no name of the file
     */
    public static byte[] read(Path file, int maxBytes) throws IOException {
        require(file);
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                throw new IOException("it is longer than " + maxBytes + " bytes");
            }
            return bytes;
        }
    }
}
