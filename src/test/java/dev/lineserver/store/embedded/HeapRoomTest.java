package dev.lineserver.store.embedded;

import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import dev.lineserver.store.StoreFailedException;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class HeapRoomTest {
    private static final long MIB = 1 << 20;
    private static final Set<Thread.State> WAITING_OR_ENDED =
            EnumSet.of(Thread.State.BLOCKED, Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.TERMINATED);

    private final AtomicLong free = new AtomicLong(HeapRoom.RESERVE_BYTES);
    private final AtomicInteger collections = new AtomicInteger();
    private final HeapRoom room = new HeapRoom(free::get, collections::incrementAndGet);

    private String allocate(long bytes) throws Exception {
        return room.allocate(bytes, "the index", () -> {
            free.addAndGet(-bytes);
            return "allocated";
        });
    }

    @Test
    void anAllocationThatLeavesTheReserveSucceedsWithoutACollection() throws Exception {
        free.addAndGet(3 * MIB);
        assertEquals("allocated", allocate(3 * MIB));
        assertEquals(0, collections.get());
    }

    @Test
    void anAllocationThatWouldUseTheReserveIsRefusedAfterACollection() {
        free.addAndGet(3 * MIB - 1);
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> allocate(3 * MIB));
        assertEquals("the index needs 11 MiB of heap, and 10 MiB are free: raise -Xmx", e.getMessage());
        assertInstanceOf(OutOfMemoryError.class, e.getCause());
        assertEquals(1, collections.get());
    }

    @Test
    void garbageIsCollectedBeforeAnAllocationIsRefused() throws Exception {
        HeapRoom full = new HeapRoom(free::get, () -> free.addAndGet(3 * MIB));
        assertEquals("allocated", full.allocate(3 * MIB, "the index", () -> "allocated"));
    }

    /** Two versions are opened at once, and the heap has room for one of them. */
    @Test
    void heapThatAnotherThreadIsAboutToAllocateIsNotGivenTwice() throws Exception {
        free.addAndGet(5 * MIB);
        AtomicBoolean checked = new AtomicBoolean();
        FutureTask<String> second = new FutureTask<>(() -> {
            // Runnable, so that it is seen to wait only if it waits for the first allocation.
            while (!checked.get()) {
                Thread.onSpinWait();
            }
            return allocate(3 * MIB);
        });
        Thread thread = Thread.ofPlatform().daemon().start(second);
        String first = room.allocate(3 * MIB, "the index", () -> {
            checked.set(true);
            // Either the other thread waits for this allocation, or it has got the heap that this one needs.
            await().until(() -> WAITING_OR_ENDED.contains(thread.getState()));
            assertFalse(second.isDone(), "the second allocation did not wait");
            free.addAndGet(-3 * MIB);
            return "allocated";
        });
        assertEquals("allocated", first);
        Exception refused = assertThrows(Exception.class, () -> second.get(30, TimeUnit.SECONDS));
        assertTrue(String.valueOf(refused.getMessage()).contains("needs 11 MiB of heap, and 10 MiB are free"));
    }
}
