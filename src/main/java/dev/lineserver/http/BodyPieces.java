package dev.lineserver.http;

import java.util.concurrent.CompletionStage;

import io.netty.buffer.ByteBuf;

/**
 * The body of an answer with several lines, made piece by piece. {@link BodyWriter} asks for the next piece when the client
 * has taken the last one, so that an answer occupies one piece, however slow the client is.
 *
 * <p>One caller at a time uses an instance, on the event loop of the request.
 */
interface BodyPieces {
    /**
     * Makes the next piece. Blocks the event loop no longer than a read of cached data takes.
     *
     * @return a stage, completed on any thread, with a buffer that the caller must release after it has been
     *     written; the buffer may be empty. The memory of an earlier buffer may be used again
     */
    CompletionStage<ByteBuf> next();

    /** True if the piece that was made last is the end of the body. */
    boolean ended();

    /**
     * Releases the memory. Called once, after the last stage of {@link #next} has completed. Buffers that were returned stay
     * valid until they are released.
     *
     * @return completes, normally or not, when the version is no longer used
     */
    CompletionStage<Void> close();
}
