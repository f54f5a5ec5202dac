package dev.lineserver.http;

import java.util.function.BiConsumer;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/** The thread that a request came in on, and that its answer is to leave from. */
final class EventLoop {
    private EventLoop() {}

    /** Has {@code then} run on the calling thread's event loop, at once where it is called there. */
    static <T> BiConsumer<@Nullable T, @Nullable Throwable> back(BiConsumer<@Nullable T, @Nullable Throwable> then) {
        Thread loop = Thread.currentThread();
        Context context = Vertx.currentContext();
        return (result, failure) -> {
            if (context == null || Thread.currentThread().equals(loop)) {
                then.accept(result, failure);
            } else {
                context.runOnContext(_ -> then.accept(result, failure));
            }
        };
    }
}
