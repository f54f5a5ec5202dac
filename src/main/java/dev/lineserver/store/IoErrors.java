package dev.lineserver.store;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/** Translates an I/O error into a message for users: the reason, and the remedy. */
public final class IoErrors {
    private IoErrors() {}

    /**
     * Returns a message such as {@code cannot read /x/y: permission denied; change its owner or permissions}.
     *
     * @param attempt verb and object of the failed operation, such as {@code read /x/y}
     */
    public static String message(String attempt, IOException cause) {
        String reason = reason(cause, Path.of("/dev/full"));
        String file = cause instanceof FileSystemException failed ? failed.getFile() : null;
        return "cannot " + attempt + ": " + (file == null || attempt.contains(file) ? "" : file + ": ") + reason;
    }

    /** Returns an exception with that {@link #message}. */
    public static StoreFailedException failed(String attempt, IOException cause) {
        return new StoreFailedException(message(attempt, cause), cause);
    }

    /** Returns true if a write failed because the reader of the pipe, such as {@code head}, has closed it. */
    public static boolean isBrokenPipe(IOException cause) {
        return text(cause).equals(wordsFor(IoErrors::writeToBrokenPipe));
    }

    private static boolean isLackOfSpace(IOException cause, Path fullDevice) {
        String lower = text(cause).toLowerCase(Locale.ROOT);
        return lower.contains("no space left")
                || lower.contains("quota exceeded")
                || lower.contains("file too large")
                || text(cause).equals(wordsFor(() -> writeTo(fullDevice)));
    }

    /** A write that fails on every system that has what it needs. */
    private interface FailingWrite {
        void run() throws IOException;
    }

    /**
     * Returns the operating system's words for an error, which are in the language of its locale. An {@link IOException}
     * has nothing else that tells such errors apart. Null if they cannot be found out now.
     */
    private static @Nullable String wordsFor(FailingWrite write) {
        try {
            write.run();
            return null;
        } catch (ClosedByInterruptException | FileSystemException e) {
            // The latter means that the file could not be opened: some systems have no /dev/full.
            return null;
        } catch (IOException e) {
            return text(e);
        }
    }

    private static void writeToBrokenPipe() throws IOException {
        Pipe pipe = Pipe.open();
        try (Pipe.SinkChannel sink = pipe.sink()) {
            pipe.source().close();
            int _ = sink.write(ByteBuffer.allocate(1));
        }
    }

    private static void writeTo(Path device) throws IOException {
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.WRITE)) {
            int _ = channel.write(ByteBuffer.allocate(1));
        }
    }

    /** @param fullDevice a device without space for a byte; it does not exist on all systems */
    static String reason(IOException cause, Path fullDevice) {
        String text = text(cause);
        String lower = text.toLowerCase(Locale.ROOT);
        // First: without descriptors, isLackOfSpace cannot find out the words for a full device.
        if (lower.contains("too many open files")) {
            return text + "; raise the limit of open files (ulimit -n, or LimitNOFILE of systemd)";
        }
        if (isLackOfSpace(cause, fullDevice)) {
            return text + "; free space, or choose a --data-dir on a larger disk, and try again";
        }
        if (cause instanceof AccessDeniedException || lower.contains("permission denied")) {
            return "permission denied; change its owner or permissions";
        }
        if (lower.contains("read-only file system")) {
            return text + "; choose a --data-dir that can be written to";
        }
        return switch (cause) {
            case NoSuchFileException _ -> "it does not exist";
            case EOFException _ -> "it is truncated";
            case ClosedByInterruptException _ -> "it was interrupted";
            case ClosedChannelException _ -> "it was closed";
            default -> text;
        };
    }

    private static String text(IOException cause) {
        @Nullable String text = cause instanceof FileSystemException failed ? failed.getReason() : cause.getMessage();
        return text == null ? cause.getClass().getSimpleName() : text;
    }
}
