package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreFailedException;

/** Says in an operator's words why a file system refused, and what to change. */
final class DiskErrors {
    private DiskErrors() {}

    static StoreFailedException failed(String attempt, IOException cause) {
        return new StoreFailedException("cannot " + attempt + ": " + reason(cause), cause);
    }

    private static String reason(IOException cause) {
        String text = text(cause);
        String lower = text.toLowerCase(Locale.ROOT);
        if (cause instanceof AccessDeniedException || lower.contains("permission denied")) {
            return text + " is not permitted; change its owner or permissions, or choose another --data-dir";
        }
        if (lower.contains("no space left") || lower.contains("quota exceeded") || lower.contains("file too large")) {
            return text + "; free space, or choose a --data-dir on a larger disk, and try again";
        }
        if (lower.contains("read-only file system")) {
            return text + "; choose a --data-dir that can be written to";
        }
        if (cause instanceof NoSuchFileException) {
            return text + " does not exist";
        }
        return text;
    }

    private static String text(IOException cause) {
        if (cause instanceof FileSystemException fs) {
            @Nullable String why = fs.getReason();
            return fs.getFile() + (why == null ? "" : ": " + why);
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
