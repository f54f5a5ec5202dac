package dev.lineserver.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.line.Newlines;

/** Writes lines with their numbers: the number, a tab, and the line. Lines are separated as by {@link PlainLines}. */
final class NumberedLines implements LinePrinter.LineSink {
    /** Room for a separator, the digits of a {@code long}, and a tab. */
    private static final int HEAD_BYTES = 24;

    private final StandardOutput out;
    private final LineNumbers lineNumbers;
    private final ByteBuffer numbered = ByteBuffer.allocate(LinePrinter.BLOCK_BYTES);
    private int[] newlines = {};
    private long lineIndex;
    private boolean withinLine;
    private boolean separatorPending;

    NumberedLines(StandardOutput out, LineNumbers lineNumbers) {
        this.out = out;
        this.lineNumbers = lineNumbers;
    }

    @Override
    public ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes);
    }

    @Override
    public void startAt(long first) {
        lineIndex = first;
        separatorPending |= withinLine;
        withinLine = false;
    }

    /** @param block one that {@link #allocate} has returned */
    @Override
    @SuppressWarnings("ByteBufferBackingArray")
    public void write(ByteBuffer block) throws IOException {
        byte[] bytes = block.array();
        int length = block.limit();
        if (newlines.length < length) {
            newlines = new int[length];
        }
        int count = Newlines.find(bytes, 0, length, newlines);
        int from = 0;
        for (int i = 0; i < count; i++) {
            writeHead();
            write(bytes, from, newlines[i] + 1);
            from = newlines[i] + 1;
            withinLine = false;
            lineIndex++;
        }
        if (from < length) {
            writeHead();
            write(bytes, from, length);
            withinLine = true;
        }
        writeBuffered();
    }

    private void writeHead() throws IOException {
        if (withinLine) {
            return;
        }
        if (numbered.remaining() < HEAD_BYTES) {
            writeBuffered();
        }
        if (separatorPending) {
            numbered.put((byte) '\n');
            separatorPending = false;
        }
        numbered.put(Long.toString(lineNumbers.number(lineIndex)).getBytes(StandardCharsets.ISO_8859_1));
        numbered.put((byte) '\t');
    }

    private void write(byte[] bytes, int from, int to) throws IOException {
        int at = from;
        while (at < to) {
            if (!numbered.hasRemaining()) {
                writeBuffered();
            }
            int count = Math.min(to - at, numbered.remaining());
            numbered.put(bytes, at, count);
            at += count;
        }
    }

    private void writeBuffered() throws IOException {
        out.block(numbered.flip());
        numbered.clear();
    }
}
