package dev.lineserver.ingest;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Says in a user's words why a source cannot be read. */
final class SourceErrors {
    private SourceErrors() {}

    static String cannotRead(Object source, IOException cause) {
        return switch (cause) {
            case NoSuchFileException _ -> source + " does not exist";
            case AccessDeniedException _ -> source + " may not be read by this user; change its permissions";
            case EOFException _ -> source + " is cut short: its compressed data ends too early; fetch it again";
            default -> source + " cannot be read: " + cause.getMessage();
        };
    }
}
