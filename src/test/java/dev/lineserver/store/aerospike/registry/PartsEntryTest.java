package dev.lineserver.store.aerospike.registry;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Content;
import dev.lineserver.store.IngestPart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Plays random processes that join, store chunks, die, lose records and publish, against a model. */
final class PartsEntryTest {
    private static final long LEASE = 30;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final Set<Integer> stored = new HashSet<>();
    private final Map<Integer, Long> partLines = new HashMap<>();
    private PartsEntry parts = entry(1, 0, 1);
    private long now = 1_000;
    private int holders;

    private static PartsEntry entry(int count, long lines, int linesPerRecord) {
        return PartsEntry.of(
                count, new Content(lines, 10 * lines, new ContentDigest(1, 2), 9, true), linesPerRecord, false, 1_000);
    }

    /** Each change may be applied twice, because its first attempt may be in doubt. */
    private void change(UnaryOperator<PartsEntry> change) {
        parts = change.apply(parts);
        assertEquals(parts, change.apply(parts), this::describe);
    }

    private String describe() {
        return "seed " + seed + ": " + parts;
    }

    @RepeatedTest(300)
    void everyChunkIsStoredByOneLiveProcessAndOnePublishes() {
        int count = random.nextInt(1, 8);
        long lines = random.nextInt(4) == 0 ? random.nextInt(20) : random.nextInt(3_000);
        int linesPerRecord = random.nextInt(1, 40);
        parts = entry(count, lines, linesPerRecord);
        assertChunksCover(lines, linesPerRecord);
        Set<Integer> publishing = Set.of();
        for (int step = 0; step < 200_000 && publishing.isEmpty(); step++) {
            int part = random.nextInt(1, count + 1);
            step(part);
            assertNoChunkHasTwoLiveProcesses();
            assertEquals(stored.stream().mapToLong(this::size).sum(), parts.storedLines(), this::describe);
            publishing = claimsOf(parts.chunks());
        }
        assertEquals(1, publishing.size(), this::describe);
        assertEquals(lines, parts.storedLines(), this::describe);
        assertTrue(parts.isComplete());
        long longLines = stored.stream().filter(chunk -> chunk % 3 == 0).count() * 2;
        assertEquals(Math.ceilDiv(lines, linesPerRecord) + longLines, parts.recordCount(), this::describe);
        partLines.forEach((part, stored) -> {
            PartEntry entry = parts.find(part);
            assertTrue(entry != null && entry.lines() == stored, this::describe);
        });
    }

    private long size(int chunk) {
        return parts.lines(chunk).end() - parts.lines(chunk).first();
    }

    private void step(int part) {
        PartEntry entry = parts.find(part);
        now += random.nextInt(3);
        if (entry == null || !entry.isAlive(now)) {
            if (random.nextBoolean()) {
                String holder = "process " + holders++;
                change(all -> all.join(part, holder, holder, now + LEASE));
                change(all -> all.claim(part, now));
            }
            return;
        }
        int claimed = parts.claimed(part);
        switch (random.nextInt(40)) {
            case 0 -> now += random.nextInt(2 * (int) LEASE);
            case 1 -> change(all -> all.leave(part, entry.holder()));
            case 2 -> {
                if (!stored.isEmpty()) {
                    int lost = random.nextInt(parts.chunks());
                    stored.removeIf(chunk -> chunk >= lost);
                    change(all -> all.lose(lost * all.chunkLines(), part));
                }
            }
            case 3 -> {
                // Another process, or one that was suspended, changes nothing of this one.
                PartsEntry before = parts;
                change(all -> all.renew(part, "another", now + LEASE).leave(part, "another"));
                assertEquals(before, parts);
            }
            case 4, 5, 6, 7 -> change(all -> all.renew(part, entry.holder(), now + LEASE));
            default -> {
                if (claimed >= 0 && claimed < parts.chunks()) {
                    if (stored.add(claimed)) {
                        partLines.merge(part, size(claimed), Long::sum);
                    }
                    parts = parts.finish(part, claimed, claimed % 3 == 0 ? 2 : 0);
                    parts = parts.finish(part, claimed, claimed % 3 == 0 ? 2 : 0);
                }
                change(all -> all.claim(part, now));
            }
        }
    }

    private void assertChunksCover(long lines, int linesPerRecord) {
        long end = 0;
        for (int chunk = 0; chunk < parts.chunks(); chunk++) {
            assertEquals(end, parts.lines(chunk).first(), this::describe);
            assertEquals(0, end % linesPerRecord, this::describe);
            end = parts.lines(chunk).end();
            assertTrue(end > parts.lines(chunk).first(), this::describe);
        }
        assertEquals(lines, end);
    }

    private Set<Integer> claimsOf(int chunk) {
        Set<Integer> claims = new HashSet<>();
        for (int part = 1; part <= parts.count(); part++) {
            PartEntry entry = parts.find(part);
            if (entry != null && entry.isAlive(now) && entry.chunk() == chunk) {
                claims.add(part);
            }
        }
        return claims;
    }

    private void assertNoChunkHasTwoLiveProcesses() {
        for (int chunk = 0; chunk <= parts.chunks(); chunk++) {
            // A process whose claim had expired may have renewed it after another one claimed the chunk.
            assertTrue(claimsOf(chunk).size() <= 1, this::describe);
            assertTrue(chunk < parts.chunks() || claimsOf(chunk).isEmpty() || parts.isComplete(), this::describe);
        }
    }

    @Test
    void chunksHaveAMiddleSize() {
        Content hundredGigabytes = new Content(1_000_000_000, 100_000_000_000L, new ContentDigest(1, 2), 9, true);
        assertEquals(745, PartsEntry.of(2, hundredGigabytes, 16, false, 1_000).chunks());
        assertEquals(32, entry(2, 1_000_000, 1).chunks());
        assertEquals(
                16 * IngestPart.MAX_COUNT,
                PartsEntry.of(64, hundredGigabytes, 1, false, 1_000).chunks());
        assertEquals(3, entry(2, 3, 1).chunks());
        assertEquals(0, entry(2, 0, 1).chunks());
    }

    @Test
    void onlyTheSameContentBelongsToIt() {
        Content content = new Content(3, 30, new ContentDigest(1, 2), 9, true);
        assertTrue(entry(2, 3, 1).isOf(content));
        assertFalse(entry(2, 3, 1).isOf(new Content(4, 30, new ContentDigest(1, 2), 9, true)));
        assertFalse(entry(2, 3, 1).isOf(new Content(3, 31, new ContentDigest(1, 2), 9, true)));
        assertFalse(entry(2, 3, 1).isOf(new Content(3, 30, new ContentDigest(1, 3), 9, true)));
    }
}
