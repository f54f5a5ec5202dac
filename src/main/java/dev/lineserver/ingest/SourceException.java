package dev.lineserver.ingest;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.IoErrors;

/** A source cannot be read, or its content cannot be stored. Another attempt fails too unless somebody changes something. */
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
        return new SourceException(IoErrors.message("read " + described(source), cause), cause);
    }

    /** A source's name as it is shown to users. */
    static String described(String source) {
        return source.equals(Source.STDIN) ? "standard input" : source;
    }

    /** Names the source, the reason, and what to do. */
    @Override
    public String getMessage() {
        return message;
    }
}
