package dev.lineserver.cli;

import java.io.Closeable;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;

/**
 * The standard streams of this process. A stream that the caller has closed is a hazard: the next file that is opened gets
 * its number, so that messages would be written into a file of data. Each closed one is occupied here for as long as the
 * process runs, by a descriptor that fails: input by one that cannot be read, the others by one that cannot be written.
 */
final class StandardStreams {
    private static final String NOTHING = "/dev/null";
    private static final List<Closeable> OCCUPANTS = new ArrayList<>();

    private StandardStreams() {}

    /** To be called before any file is opened. */
    static void prepare() {
        try {
            if (isClosed(0)) {
                OCCUPANTS.add(new FileOutputStream(NOTHING));
            }
            for (int number = 1; number <= 2; number++) {
                if (isClosed(number)) {
                    OCCUPANTS.add(new FileInputStream(NOTHING));
                }
            }
        } catch (IOException noSuchDevice) {
            // Then there is nothing to occupy them with.
        }
        // Unlike System.in, a channel wakes up from a read when its thread is interrupted.
        System.setIn(Channels.newInputStream(new FileInputStream(FileDescriptor.in).getChannel()));
    }

    private static boolean isClosed(int number) {
        return !new File("/dev/fd/" + number).exists();
    }

    /** Standard output, whose failures are exceptions. */
    static OutputStream out() {
        return new FileOutputStream(FileDescriptor.out);
    }
}
