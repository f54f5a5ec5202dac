package dev.lineserver.cli;

import java.io.IOException;
import java.nio.ByteBuffer;

import dev.lineserver.store.LineRange;

/**
 * Writes lines as they are. After a last line without terminator, or a part of a damaged line, a terminator separates the
 * next line from it.
 */
final class PlainLines implements LinePrinter.LineSink {
    private static final byte[] TERMINATOR = {'\n'};

    private final StandardOutput out;
    private boolean withinLine;
    private boolean separatorPending;

    PlainLines(StandardOutput out) {
        this.out = out;
    }

    /** Outside the heap: the operating system reads and writes such a block without a copy. */
    @Override
    public ByteBuffer allocate(int bytes) {
        return LineRange.allocateBlock(bytes);
    }

    @Override
    public void startAt(long lineIndex) {
        separatorPending = withinLine;
    }

    @Override
    public void write(ByteBuffer block) throws IOException {
        if (block.hasRemaining()) {
            if (separatorPending) {
                out.bytes(TERMINATOR);
                separatorPending = false;
            }
            withinLine = block.get(block.limit() - 1) != '\n';
            out.block(block);
        }
    }
}
