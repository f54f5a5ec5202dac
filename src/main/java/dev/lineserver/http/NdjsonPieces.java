package dev.lineserver.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.netty.buffer.ByteBuf;

import dev.lineserver.store.LineRange;

/**
 * Consecutive lines as NDJSON. Each piece has the lines that end in one block of a range; a line that spans blocks is
 * collected first, up to the length that {@link NdjsonWriter} writes.
 */
final class NdjsonPieces implements BodyPieces {
    /** Size of a block in bytes. Lines of one byte become 25 times longer in JSON. */
    static final int BLOCK_BYTES = 32 << 10;

    private final LineRange range;
    private final LineSpan span;
    private final NdjsonWriter writer;
    private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
    private long nextIndex;
    /** The line that has begun and not ended, as far as it is not too long. */
    private byte[] line = new byte[1 << 10];
    /** The bytes of that line so far, also if it is too long. */
    private long lineLength;

    private boolean ended;

    NdjsonPieces(LineRange range, LineSpan span, NdjsonWriter writer) {
        this.range = range;
        this.span = span;
        this.writer = writer;
        nextIndex = span.first();
    }

    @Override
    public CompletionStage<ByteBuf> next() {
        return range.fill(block.clear()).thenApply(_ -> {
            try {
                return piece();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private ByteBuf piece() throws IOException {
        byte[] bytes = block.array();
        int start = 0;
        for (int i = 0; i < block.position(); i++) {
            if (bytes[i] == '\n') {
                append(bytes, start, i);
                writeLine();
                start = i + 1;
            }
        }
        append(bytes, start, block.position());
        ended = block.hasRemaining();
        if (ended && lineLength > 0) {
            writeLine();
        }
        if (ended && nextIndex != span.end()) {
            throw new IllegalStateException("the lines end at index " + nextIndex + ", not " + span.end());
        }
        return writer.take();
    }

    private void append(byte[] bytes, int start, int end) {
        int length = end - start;
        if (lineLength + length <= NdjsonWriter.MAX_LINE_BYTES) {
            int collected = (int) lineLength;
            if (collected + length > line.length) {
                line = Arrays.copyOf(line, Math.max(2 * line.length, collected + length));
            }
            System.arraycopy(bytes, start, line, collected, length);
        }
        lineLength += length;
    }

    private void writeLine() throws IOException {
        if (lineLength <= NdjsonWriter.MAX_LINE_BYTES) {
            writer.writeLine(nextIndex, line, (int) lineLength);
        } else {
            writer.writeTooLong(nextIndex, lineLength);
        }
        lineLength = 0;
        nextIndex++;
    }

    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public CompletionStage<Void> close() {
        writer.close();
        return CompletableFuture.completedFuture(null);
    }
}
