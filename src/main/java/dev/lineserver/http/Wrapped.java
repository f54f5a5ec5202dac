package dev.lineserver.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;

/** Bytes as Vert.x wants them, without a copy. */
final class Wrapped {
    private Wrapped() {}

    /** The bytes are not to be changed any more. Vert.x 4 has no other way to wrap an array than this one. */
    @SuppressWarnings("deprecation")
    static Buffer of(byte[] bytes) {
        return Buffer.buffer(Unpooled.wrappedBuffer(bytes));
    }
}
