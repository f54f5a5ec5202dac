package dev.lineserver.cli;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The standard streams of this process. A stream that the caller has closed is a hazard: the next file that is opened gets
 * its number, so that messages would be written into a file of data.
 */
final class StandardStreams {
    private static final String NULL_DEVICE = "/dev/null";
    private static final List<Closeable> PLACEHOLDERS = new ArrayList<>();

    private StandardStreams() {}

    /**
     * Occupies each closed stream, for as long as the process runs, by a descriptor that fails: input by one that cannot be
     * read, the others by one that cannot be written. To be called before any file is opened.
     */
    static void replaceClosedStreams() {
        try {
            boolean isClosed = !Files.exists(stream(0)) || isFileOfTheRuntime(stream(0));
            for (int number = 0; number <= 2; number++) {
                if (!Files.exists(stream(number))) {
                    PLACEHOLDERS.add(
                            number == 0 ? new FileOutputStream(NULL_DEVICE) : new FileInputStream(NULL_DEVICE));
                }
            }
            System.setIn(
                    isClosed
                            ? new ClosedInput()
                            // A channel, unlike the stream that it replaces, wakes up if its thread is interrupted.
                            : Channels.newInputStream(new FileInputStream(FileDescriptor.in).getChannel()));
        } catch (IOException noSuchDevice) {
            // Then there is nothing to occupy them with, and System.in stays as it is.
        }
    }

    /** Standard input that was closed. */
    @SuppressWarnings("InputStreamSlowMultibyteRead") // It only fails.
    private static final class ClosedInput extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("it is closed; redirect it from a file or a pipe");
        }
    }

    /** If the shell closed a descriptor, the Java runtime has opened a file of its own under that number. */
    private static boolean isFileOfTheRuntime(Path stream) {
        String java = System.getProperty("java.home");
        try {
            return java != null
                    && Files.readSymbolicLink(stream).startsWith(Path.of(java).toRealPath());
        } catch (IOException notAFile) {
            return false;
        }
    }

    private static Path stream(int number) {
        return Path.of("/dev/fd", Integer.toString(number));
    }
}
