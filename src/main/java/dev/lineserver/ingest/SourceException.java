package dev.lineserver.ingest;

import java.io.EOFException;
import java.io.IOException;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.IoErrors;

/** A source cannot be read, or its content cannot be stored. A retry fails until the user changes something. */
public final class SourceException extends Exception {
    private final String message;

    SourceException(String message) {
        this(message, null);
    }

    SourceException(String message, @Nullable Throwable cause) {
        super(message, cause);
        this.message = ControlCharacters.escape(message);
    }

    static SourceException cannotRead(String source, IOException cause) {
        String reason = IoErrors.message("read " + described(source), cause);
        // The content of an archive ends before the archive says so.
        return new SourceException(reason + (cause instanceof EOFException ? "; fetch it again" : ""), cause);
    }

    /** Returns the name of a source for messages. */
    static String described(String source) {
        return source.equals(Source.STDIN) ? "standard input" : source;
    }

    /** Names the source and the reason, and tells the user what to do. */
    @Override
    public String getMessage() {
        return message;
    }
}
