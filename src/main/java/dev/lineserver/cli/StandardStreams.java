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
    private static final String NOTHING = "/dev/null";
    private static final List<Closeable> OCCUPANTS = new ArrayList<>();

    private StandardStreams() {}

    /**
     * Occupies each closed stream, for as long as the process runs, by a descriptor that fails: input by one that cannot be
     * read, the others by one that cannot be written. To be called before any file is opened.
     */
    static void prepare() {
        try {
            for (int number = 0; number <= 2; number++) {
                if (!Files.exists(stream(number))) {
                    OCCUPANTS.add(number == 0 ? new FileOutputStream(NOTHING) : new FileInputStream(NOTHING));
                }
            }
            System.setIn(in());
        } catch (IOException noSuchDevice) {
            // Then there is nothing to occupy them with, and System.in stays as it is.
        }
    }

    /**
     * Standard input. A channel, unlike {@code System.in}, wakes up from a read when its thread is interrupted. If standard
     * input was closed, Java may have opened a file of its own under that number, which must be neither read nor closed.
     */
    private static InputStream in() throws IOException {
        if (!isFileOfJava(stream(0))) {
            return Channels.newInputStream(new FileInputStream(FileDescriptor.in).getChannel());
        }
        InputStream closed = InputStream.nullInputStream();
        closed.close();
        return closed;
    }

    private static boolean isFileOfJava(Path stream) {
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
