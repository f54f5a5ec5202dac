package dev.lineserver.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;

import dev.lineserver.store.ControlCharacters;

/** Writes the answer of a command to standard output. A failed write fails the command. */
final class StandardOutput {
    private static final int BUFFER_BYTES = 8 << 10;

    private final WritableByteChannel channel;
    private final Terminal terminal;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    /**
     * @param channel blocks until it has accepted at least one byte
     * @param terminal describes the other end of the channel
     */
    StandardOutput(WritableByteChannel channel, Terminal terminal) {
        this.channel = channel;
        this.terminal = terminal;
    }

    Terminal terminal() {
        return terminal;
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
        if (bytes.length > buffer.remaining()) {
            block(ByteBuffer.wrap(bytes));
        } else {
            buffer.put(bytes);
        }
    }

    /** Writes all remaining bytes of a block, without copying them first. */
    void block(ByteBuffer block) throws IOException {
        flush();
        while (block.hasRemaining()) {
            channel.write(block);
        }
    }

    /** Writes the buffered bytes. */
    void flush() throws IOException {
        buffer.flip();
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } finally {
            // Bytes that could not be written are not written again.
            buffer.clear();
        }
    }
}
