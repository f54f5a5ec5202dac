package dev.lineserver.ingest;

import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The bytes that the program {@code zstd} unpacks. It has room for any window that it can make, while the library stops at
 * 8 MiB. A thread writes the archive to the program, and this class reads the unpacked bytes. The end comes only if the program
 * reports success; otherwise reading fails with its message.
 *
 * <p>Used by one thread, which may be interrupted. Nothing interrupts a read from a child process, so another thread ends the
 * program then.
 */
final class ZstdProgram extends BulkInputStream {
    private static final String NAME = "zstd";
    /** What precedes the reason in a message of the program. */
    private static final Pattern MESSAGE_PREFIX = Pattern.compile("^(zstd: )?(/\\*stdin\\*\\\\ *: )?");

    private final Process process;
    private final InputStream unpacked;
    private final Thread writer;

    /** How often a thread looks for an interrupt of another, in milliseconds. */
    private static final int INTERRUPT_CHECK_MILLIS = 100;

    /** @param packed the archive; read by another thread from now until the end of the content or {@link #close} */
    ZstdProgram(InputStream packed) throws IOException {
        // --long=31: the largest window that zstd implements, 2 GiB. A frame occupies as much of it as it needs.
        process = new ProcessBuilder(NAME, "-dcq", "--long=31").start();
        unpacked = process.getInputStream();
        writer = Thread.ofPlatform().daemon().name("zstd-writer").start(() -> write(packed));
        Thread reader = Thread.currentThread();
        Thread _ = Thread.ofVirtual().name("zstd-interrupter").start(() -> destroyOnInterrupt(reader));
    }

    /** Returns true if the search path has the program. */
    static boolean isInstalled() {
        String path = System.getenv("PATH");
        return path != null
                && Arrays.stream(path.split(File.pathSeparator))
                        .anyMatch(directory -> new File(directory, NAME).canExecute());
    }

    private void write(InputStream packed) {
        try (OutputStream out = process.getOutputStream()) {
            packed.transferTo(out);
        } catch (IOException e) {
            // The archive's stream keeps its own failures. Otherwise the program has ended early, and has an exit code.
            process.destroy();
        }
    }

    private void destroyOnInterrupt(Thread reader) {
        try {
            while (!process.waitFor(INTERRUPT_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
                if (reader.isInterrupted()) {
                    process.destroy();
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int count = unpacked.read(into, offset, length);
        if (count < 0) {
            requireSuccess();
        }
        return count;
    }

    private void requireSuccess() throws IOException {
        try {
            String message = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            int code = process.waitFor();
            writer.join();
            if (message.contains("premature end")) {
                throw new EOFException(message);
            }
            if (code != 0) {
                throw new IOException(
                        message.isEmpty()
                                ? "zstd ended with code " + code
                                : MESSAGE_PREFIX
                                        .matcher(message)
                                        .replaceFirst("")
                                        .strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while zstd unpacked");
        }
    }

    /** Ends the program. The writer may be left behind in a read of a pipe that nobody writes to. */
    @Override
    public void close() {
        process.destroy();
    }
}
