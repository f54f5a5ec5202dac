package dev.lineserver.http;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.netty.util.concurrent.DefaultEventExecutor;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class PendingLookupsTest {
    @Test
    void theTimerSurvivesARequestThatThrows() throws Exception {
        DefaultEventExecutor loop = new DefaultEventExecutor();
        try (ScriptedLines lines = new ScriptedLines(Duration.ofMillis(1))) {
            lines.answer(_ -> new CompletableFuture<>());
            LineRequest throwing = Objects.requireNonNull(lines.components.lineRoute.prepare("/lines/1"));
            LineRequest next = Objects.requireNonNull(lines.components.lineRoute.prepare("/lines/2"));
            CompletableFuture<Void> ended = new CompletableFuture<>();
            loop.execute(() -> {
                throwing.lookUp(loop, false, () -> {
                    throw new OutOfMemoryError("scripted");
                });
                next.lookUp(loop, false, () -> ended.complete(null));
            });
            ended.get(30, TimeUnit.SECONDS);
            assertEquals(1, lines.components.value("line_server_request_failures"));
        } finally {
            loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }
}
