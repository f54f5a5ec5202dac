package dev.lineserver.cli;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The standard streams of this process. A stream that the caller has closed is a hazard: the next file that the process
 * opens gets its descriptor, and messages would then be written into a data file.
 *
 * <p>Standard input and output are channels: a read or write of a channel, unlike one of a stream, ends if its thread is
 * interrupted.
 */
final class StandardStreams {
    private static final String NULL_DEVICE = "/dev/null";
    private static final List<Closeable> PLACEHOLDERS = new ArrayList<>();

    private StandardStreams() {}

    /**
     * Opens a placeholder for each closed stream: for standard input a descriptor that cannot be read, for the others
     * one that cannot be written. Placeholders stay open until the process ends. Must be called before any file is
     * opened.
     */
    static void replaceClosedStreams() {
        try {
            boolean inputClosed = !Files.exists(descriptor(0)) || isFileOfTheRuntime(descriptor(0));
            for (int number = 0; number <= 2; number++) {
                if (!Files.exists(descriptor(number))) {
                    PLACEHOLDERS.add(
                            number == 0 ? new FileOutputStream(NULL_DEVICE) : new FileInputStream(NULL_DEVICE));
                }
            }
            System.setIn(
                    inputClosed
                            ? new ClosedInput()
                            : Channels.newInputStream(new FileInputStream(FileDescriptor.in).getChannel()));
        } catch (IOException noSuchDevice) {
            // Without /dev/null there are no placeholders, and System.in stays unchanged.
        }
    }

    /** Opens standard output. Must be called after {@link #replaceClosedStreams}. */
    static WritableByteChannel openOutput() {
        return new FileOutputStream(FileDescriptor.out).getChannel();
    }

    /** Replaces a closed standard input: every read fails. */
    @SuppressWarnings("InputStreamSlowMultibyteRead") // Every read fails.
    private static final class ClosedInput extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("it is closed; redirect it from a file or a pipe");
        }
    }

    /** Returns true if the caller has closed the descriptor and the Java runtime has reused it for its own file. */
    private static boolean isFileOfTheRuntime(Path descriptor) {
        String java = System.getProperty("java.home");
        try {
            return java != null
                    && Files.readSymbolicLink(descriptor)
                            .startsWith(Path.of(java).toRealPath());
        } catch (IOException notAFile) {
            return false;
        }
    }

    private static Path descriptor(int number) {
        return Path.of("/dev/fd", Integer.toString(number));
    }
}
