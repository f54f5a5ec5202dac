package dev.lineserver.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

import dev.lineserver.store.ControlCharacters;

/** Writes the answer of a command to standard output. A failed write fails the command. */
final class StandardOutput {
    private final OutputStream stream;

    StandardOutput(OutputStream stream) {
        this.stream = new BufferedOutputStream(stream);
    }

    /** Writes text verbatim. */
    void text(String text) throws IOException {
        bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes one line; control characters in the text are escaped. */
    void line(String text) throws IOException {
        text(ControlCharacters.escape(text) + "\n");
    }

    void bytes(byte[] bytes) throws IOException {
        stream.write(bytes);
    }

    /** Writes the buffered bytes. */
    void flush() throws IOException {
        stream.flush();
    }
}
