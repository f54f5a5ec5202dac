package dev.lineserver.store.embedded;

import java.io.IOException;
import java.util.function.LongSupplier;

import dev.lineserver.store.StoreFailedException;

/**
 * The heap from which indexes are allocated. Refuses an index that would leave less than {@link #RESERVE_BYTES} to the
 * requests in flight.
 *
 * <p>A server may open several versions at once. The check and the allocation are one step under a lock, because each
 * thread would otherwise count on heap that another one is about to allocate.
 */
final class HeapRoom {
    static final HeapRoom OF_PROCESS = new HeapRoom(HeapRoom::freeHeapBytes, System::gc);

    /** Heap that must remain free after an index has been allocated, in bytes. */
    static final long RESERVE_BYTES = 8L << 20;

    private final LongSupplier freeBytes;
    private final Runnable collector;

    /**
     * @param freeBytes returns the free heap, in which garbage counts as used
     * @param collector collects garbage
     */
    HeapRoom(LongSupplier freeBytes, Runnable collector) {
        this.freeBytes = freeBytes;
        this.collector = collector;
    }

    /** Allocates memory that the caller fills later. */
    @FunctionalInterface
    interface Allocation<T> {
        T allocate() throws IOException;
    }

    /**
     * Allocates memory, unless that would leave too little heap to others.
     *
     * @param bytes at least what the allocation needs
     * @param object what needs the memory, for the message
     * @throws StoreFailedException if the heap is too small; its cause is an {@link OutOfMemoryError}
     */
    synchronized <T> T allocate(long bytes, String object, Allocation<T> allocation)
            throws IOException, StoreFailedException {
        long needed = bytes + RESERVE_BYTES;
        if (needed > freeBytes.getAsLong()) {
            // Garbage counts as used until it is collected, so an index that fits might be rejected without this.
            collector.run();
        }
        long free = freeBytes.getAsLong();
        if (needed > free) {
            String message = object + " needs " + (needed >> 20) + " MiB of heap, and " + (free >> 20)
                    + " MiB are free: raise -Xmx";
            throw new StoreFailedException(message, new OutOfMemoryError(message));
        }
        return allocation.allocate();
    }

    private static long freeHeapBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }
}
