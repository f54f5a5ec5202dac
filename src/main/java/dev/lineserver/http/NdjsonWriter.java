package dev.lineserver.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import dev.lineserver.line.LineNumbers;

/**
 * Writes lines as NDJSON into buffers: one JSON object and {@code \n} for each line. An object has the member
 * {@code number}, and one of:
 *
 * <ul>
 *   <li>{@code text}, if the bytes of the line are UTF-8; otherwise {@code base64};
 *   <li>{@code outcome}, if there is neither: {@code too-long} with the length in {@code bytes}, {@code past-the-end} with
 *       the number of {@code lines}, or {@code damaged} with {@code detail}.
 * </ul>
 *
 * <p>One thread at a time uses an instance.
 */
final class NdjsonWriter {
    /** Length of the longest line that is written, in bytes: 1 MiB. Escaped, it may take six times as much memory. */
    static final int MAX_LINE_BYTES = 1 << 20;

    static final String MEDIA_TYPE = "application/x-ndjson";
    private static final JsonFactory JSON = new JsonFactory();
    private static final Pattern LEADING_ZEROS = Pattern.compile("^0+(?=.)");
    private static final int DECODED_CHARS = 4 << 10;

    private final LineNumbers numbers;
    private final JsonGenerator json;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    private final CharBuffer decoded = CharBuffer.allocate(DECODED_CHARS);
    private final PieceBuffer out;

    NdjsonWriter(LineNumbers numbers, ByteBufAllocator allocator) {
        this.numbers = numbers;
        out = new PieceBuffer(allocator);
        try {
            json = JSON.createGenerator(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // Between two objects; the last one of each piece gets its own.
        json.setPrettyPrinter(new MinimalPrettyPrinter(""));
    }

    void writeLine(long lineIndex, byte[] bytes, int length) throws IOException {
        json.writeStartObject();
        json.writeNumberField("number", numbers.number(lineIndex));
        if (isUtf8(bytes, length)) {
            json.writeFieldName("text");
            json.writeUTF8String(bytes, 0, length);
        } else {
            json.writeFieldName("base64");
            json.writeBinary(bytes, 0, length);
        }
        end();
    }

    /** Writes the outcome of a line that is longer than {@link #MAX_LINE_BYTES}; it can be read alone. */
    void writeTooLong(long lineIndex, long length) throws IOException {
        startOutcome(lineIndex, "too-long");
        json.writeNumberField("bytes", length);
        end();
    }

    void writeDamaged(long lineIndex, String detail) throws IOException {
        startOutcome(lineIndex, "damaged");
        json.writeStringField("detail", detail);
        end();
    }

    void writePastTheEnd(RequestedNumber number, long lineCount) throws IOException {
        json.writeStartObject();
        json.writeFieldName("number");
        // JSON has no leading zeros.
        json.writeNumber(LEADING_ZEROS.matcher(number.text()).replaceFirst(""));
        json.writeStringField("outcome", "past-the-end");
        json.writeNumberField("lines", lineCount);
        end();
    }

    private void startOutcome(long lineIndex, String outcome) throws IOException {
        json.writeStartObject();
        json.writeNumberField("number", numbers.number(lineIndex));
        json.writeStringField("outcome", outcome);
    }

    private void end() throws IOException {
        json.writeEndObject();
        json.writeRaw('\n');
    }

    private boolean isUtf8(byte[] bytes, int length) {
        ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
        decoder.reset();
        CoderResult result = CoderResult.OVERFLOW;
        while (result.isOverflow()) {
            result = decoder.decode(in, decoded.clear(), true);
        }
        return !result.isError();
    }

    /** Returns the number of bytes written since the last {@link #take}. */
    int size() throws IOException {
        json.flush();
        return out.size();
    }

    /** Returns what was written since the last call, in a buffer that the caller must release. */
    ByteBuf take() throws IOException {
        json.flush();
        return out.take();
    }

    void close() {
        out.release();
    }
}
