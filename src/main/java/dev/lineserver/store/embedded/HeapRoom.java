package dev.lineserver.store.embedded;

import dev.lineserver.store.StoreFailedException;

/** Refuses an index that does not fit in the heap before it is read, so that requests in flight keep their memory. */
final class HeapRoom {
    /** Left free for everything else. */
    private static final long RESERVE_BYTES = 8L << 20;

    private HeapRoom() {}

    /** Collects the garbage if the heap seems to have no room for so many bytes, and fails if it really has none. */
    static void require(long bytes, String what) throws StoreFailedException {
        long needed = bytes + RESERVE_BYTES;
        if (needed > freeBytes()) {
            System.gc();
        }
        long free = freeBytes();
        if (needed > free) {
            throw new StoreFailedException(what + " needs " + (needed >> 20) + " MiB of heap, and " + (free >> 20)
                    + " MiB are free: raise -Xmx");
        }
    }

    private static long freeBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }
}
