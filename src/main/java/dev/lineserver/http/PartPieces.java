package dev.lineserver.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

import dev.lineserver.store.LineParts;

/**
 * A long line in the parts in which the store keeps it. Each part is copied out of the heap at once, as Netty would do to
 * write it: while a slow client reads, it is in memory once.
 */
final class PartPieces implements BodyPieces {
    private final LineParts parts;
    private final ByteBufAllocator allocator;
    private int made;

    PartPieces(LineParts parts, ByteBufAllocator allocator) {
        this.parts = parts;
        this.allocator = allocator;
    }

    @Override
    public CompletionStage<ByteBuf> next() {
        return parts.read(made).thenApply(this::piece);
    }

    private ByteBuf piece(byte[] part) {
        made++;
        return allocator.directBuffer(part.length, part.length).writeBytes(part);
    }

    @Override
    public boolean ended() {
        return made == parts.count();
    }

    @Override
    public CompletionStage<Void> close() {
        return CompletableFuture.completedFuture(null);
    }
}
