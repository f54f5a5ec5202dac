package dev.lineserver.store.embedded;

import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class BlockCacheTest {
    private static final int CAPACITY = 64;

    private final BlockCache cache = new BlockCache((long) CAPACITY * SeekTable.BLOCK_BYTES);
    private final Object file = new Object();

    private int cached(Object of, int blocks) {
        int count = 0;
        for (int block = 0; block < blocks; block++) {
            count += cache.get(of, block) == null ? 0 : 1;
        }
        return count;
    }

    @Test
    void theBoundIsKeptAndUsed() {
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            cache.put(file, random.nextInt(1_000), new byte[1]);
        }
        int cached = cached(file, 1_000);
        assertTrue(cached <= CAPACITY && cached > CAPACITY / 2, cached + " blocks");
    }

    @Test
    void blocksThatAreReadOnceDoNotReplaceThoseInUse() {
        for (int block = 0; block < CAPACITY / 2; block++) {
            cache.put(file, block, new byte[1]);
        }
        Object scanned = new Object();
        for (int block = 0; block < 100 * CAPACITY; block++) {
            cache.put(scanned, block, new byte[1]);
            assertEquals(CAPACITY / 2, cached(file, CAPACITY / 2), "after " + block);
        }
    }

    @Test
    void filesAreKeptApart() {
        Object other = new Object();
        byte[] ours = new byte[1];
        byte[] theirs = new byte[1];
        cache.put(file, 7, ours);
        cache.put(other, 7, theirs);
        assertSame(ours, cache.get(file, 7));
        assertSame(theirs, cache.get(other, 7));
        cache.remove(file);
        assertNull(cache.get(file, 7));
        assertSame(theirs, cache.get(other, 7));
    }
}
