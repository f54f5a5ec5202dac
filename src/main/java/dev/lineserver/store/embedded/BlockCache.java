package dev.lineserver.store.embedded;

import java.util.concurrent.atomic.AtomicReferenceArray;

import org.jspecify.annotations.Nullable;

/**
 * Unpacked blocks of compressed copies that were used lately. Safe for use by many threads, none of which waits.
 *
 * <p>A block may be in any of {@value #WAYS} places, which its file and number determine. A use marks it. A new block
 * replaces one without a mark, so that blocks that are read once, as by a range, replace each other. If all have a mark, all
 * lose it. Two threads may unpack the same block at the same time; one of the results stays.
 */
final class BlockCache {
    private static final int WAYS = 8;

    private final AtomicReferenceArray<@Nullable Entry> entries;

    /**
     * Returns the bound for the blocks of a store, in bytes: a sixteenth of the heap, and at most 256 MiB. The kernel keeps
     * the compressed blocks in its own cache, so that a miss costs no read of the disk.
     */
    static long maxBytes() {
        return Math.min(256L << 20, Runtime.getRuntime().maxMemory() / 16);
    }

    /** @param bytes bound for the blocks, in bytes */
    BlockCache(long bytes) {
        entries = new AtomicReferenceArray<>(WAYS * Math.toIntExact(Math.max(1, bytes / SeekTable.BLOCK_BYTES / WAYS)));
    }

    private static final class Entry {
        private final Object file;
        private final long block;
        private final byte[] text;
        /** True after a use. A thread may see an old value, which costs no more than a block that is unpacked again. */
        private boolean used;

        private Entry(Object file, long block, byte[] text) {
            this.file = file;
            this.block = block;
            this.text = text;
        }

        private boolean is(Object otherFile, long otherBlock) {
            return block == otherBlock && file.equals(otherFile);
        }
    }

    /** Returns the text of a block; null if it is not cached. */
    byte @Nullable [] get(Object file, long block) {
        int first = firstPlace(file, block);
        for (int i = first; i < first + WAYS; i++) {
            Entry entry = entries.get(i);
            if (entry != null && entry.is(file, block)) {
                entry.used = true;
                return entry.text;
            }
        }
        return null;
    }

    void put(Object file, long block, byte[] text) {
        int first = firstPlace(file, block);
        entries.set(placeFor(file, block, first), new Entry(file, block, text));
    }

    private int placeFor(Object file, long block, int first) {
        int unused = -1;
        for (int i = first; i < first + WAYS; i++) {
            Entry entry = entries.get(i);
            if (entry == null || entry.is(file, block)) {
                return i;
            }
            unused = unused < 0 && !entry.used ? i : unused;
        }
        if (unused >= 0) {
            return unused;
        }
        for (int i = first; i < first + WAYS; i++) {
            Entry entry = entries.get(i);
            if (entry != null) {
                entry.used = false;
            }
        }
        return first;
    }

    void remove(Object file) {
        for (int i = 0; i < entries.length(); i++) {
            Entry entry = entries.get(i);
            if (entry != null && entry.file.equals(file)) {
                entries.compareAndSet(i, entry, null);
            }
        }
    }

    private int firstPlace(Object file, long block) {
        // Consecutive blocks are in consecutive groups.
        long group = Math.floorMod(System.identityHashCode(file) + block, entries.length() / WAYS);
        return (int) group * WAYS;
    }
}
