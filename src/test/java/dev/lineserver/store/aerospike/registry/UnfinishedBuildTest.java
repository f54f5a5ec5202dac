package dev.lineserver.store.aerospike.registry;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests what happens to the set of a build that ended before it was complete. */
final class UnfinishedBuildTest {
    private static final DatasetName NAME = new DatasetName("sample");
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final StoredPrefix STORED = new StoredPrefix(7, 70, "ab", 7, 16, false, 1_000);

    private final ScriptedRegistry registry = new ScriptedRegistry();
    private final AtomicLong now = new AtomicLong(1_000_000);
    private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    private final LifeCycle lifeCycle = new LifeCycle(registry, LEASE, Duration.ofSeconds(5), clock);

    @AfterEach
    void close() {
        Thread.currentThread().interrupt();
        lifeCycle.close();
        assertTrue(Thread.interrupted());
    }

    private static BuildRequest request(boolean resume, long size) {
        FileStamp stamp = new FileStamp(size, Instant.EPOCH, Instant.EPOCH, 1);
        return new BuildRequest(
                NAME,
                "/texts/a",
                new BuildRequest.SourceFile(Path.of("/texts/a"), stamp),
                false,
                0,
                false,
                LinesPerRecord.ONE,
                false,
                resume);
    }

    private HeldLease begin(boolean resume) throws StoreException {
        return lifeCycle.begin(request(resume, 99));
    }

    private LineSet suspend() throws StoreException {
        HeldLease lease = begin(false);
        assertEquals(StoredPrefix.NONE, lease.resumed());
        assertEquals(STORED, lease.suspend(STORED));
        return lease.set();
    }

    private void advance(Duration time) {
        now.addAndGet(time.toMillis());
    }

    @Test
    void isResumedWithTheSameSetAndNumber() throws Exception {
        LineSet set = suspend();
        HeldLease resumed = begin(true);
        assertEquals(set, resumed.set());
        assertEquals(STORED, resumed.resumed());
        resumed.commit(new Content(1, 2, ContentDigest.parse("0".repeat(32)), 1, true), "a layout", 1, List.of());
        assertEquals(LineSet.SetState.LIVE, registry.state(set.name()));
        assertEquals(List.of(), lifeCycle.builds());
        assertEquals(List.of(), registry.truncated);
        assertEquals(StoredPrefix.NONE, begin(true).resumed(), "nothing is left to resume");
    }

    @Test
    void isRefusedToAnIngestThatDoesNotResumeIt() throws Exception {
        suspend();
        StoreFailedException refused = assertThrows(StoreFailedException.class, () -> begin(false));
        for (String part : List.of("'/texts/a'", "7 lines", "--resume", "--restart")) {
            assertTrue(refused.getMessage().contains(part), refused.getMessage());
        }
    }

    @Test
    void isRefusedToASourceOfAnotherSize() throws Exception {
        suspend();
        StoreFailedException refused =
                assertThrows(StoreFailedException.class, () -> lifeCycle.begin(request(true, 98)));
        assertTrue(refused.getMessage().contains("has 98 bytes"), refused.getMessage());
        assertEquals(STORED, begin(true).resumed());
    }

    @Test
    void isKeptForADayAfterItsLastSignOfLife() throws Exception {
        LineSet set = suspend();
        advance(BuildEntry.MAX_AGE.minusMillis(1));
        lifeCycle.sweep();
        assertEquals(List.of(), lifeCycle.reclaim(false));
        assertEquals(1, lifeCycle.builds().size());
        HeldLease resumed = begin(true);
        assertEquals(STORED, resumed.suspend(STORED));
        advance(BuildEntry.MAX_AGE.minusMillis(1));
        lifeCycle.sweep();
        assertEquals(LineSet.SetState.BUILDING, registry.state(set.name()));
        advance(Duration.ofMillis(1));
        lifeCycle.sweep();
        assertEquals(List.of(), lifeCycle.builds());
        assertEquals(List.of(set.name()), registry.truncated);
        assertEquals(LineSet.SetState.FREE, registry.state(set.name()));
        assertTrue(registry.read().builds().isEmpty());
        assertEquals(StoredPrefix.NONE, begin(false).resumed());
    }

    /** As before builds could be resumed: a build that has stored no line leaves nothing to resume. */
    @Test
    void isNotKeptIfItHasStoredNoLine() throws Exception {
        HeldLease lease = begin(false);
        advance(LEASE);
        lifeCycle.sweep();
        assertEquals(List.of(lease.set().name()), registry.truncated);
        assertEquals(StoredPrefix.NONE, begin(true).resumed());
    }

    @Test
    void keepsWhatWasReportedIfItsProcessDies() throws Exception {
        HeldLease dead = begin(false);
        dead.reportProgress(() -> STORED);
        dead.renew();
        assertEquals(STORED, dead.abandon());
        assertFalse(lifeCycle.builds().isEmpty());
        assertTrue(lifeCycle.builds().getFirst().running());
        assertThrows(StoreFailedException.class, () -> begin(false));
        advance(LEASE);
        HeldLease resumed = begin(true);
        assertEquals(STORED, resumed.resumed());
        assertEquals(dead.set(), resumed.set());
    }

    @Test
    void isListedWithItsProgress() throws Exception {
        HeldLease lease = begin(false);
        lease.reportProgress(() -> STORED);
        advance(Duration.ofSeconds(7));
        lease.renew();
        BuildStatus build = lifeCycle.builds().getFirst();
        assertEquals(
                new BuildStatus(
                        NAME,
                        1,
                        "/texts/a",
                        99,
                        true,
                        new Checkpoint(7, 70),
                        0,
                        Instant.ofEpochMilli(1_000_000),
                        Instant.ofEpochMilli(1_000_000),
                        Instant.ofEpochMilli(1_007_000),
                        List.of()),
                build);
        assertEquals(10, build.bytesPerSecond());
        lease.suspend(STORED);
        assertFalse(lifeCycle.builds().getFirst().running());
        advance(Duration.ofSeconds(1));
        BuildStatus resumed = resumedStatus();
        assertEquals(70, resumed.resumedFrom());
        assertEquals(Instant.ofEpochMilli(1_008_000), resumed.resumedAt());
        assertEquals(0, resumed.bytesPerSecond());
    }

    private BuildStatus resumedStatus() throws StoreException {
        assertEquals(STORED, begin(true).resumed());
        return lifeCycle.builds().getFirst();
    }

    @Test
    void isDiscardedOnRequest() throws Exception {
        LineSet set = suspend();
        assertTrue(lifeCycle.discardBuild(NAME));
        assertEquals(List.of(set.name()), registry.truncated);
        assertEquals(LineSet.SetState.FREE, registry.state(set.name()));
        assertFalse(lifeCycle.discardBuild(NAME));
        HeldLease running = begin(false);
        assertThrows(StoreFailedException.class, () -> lifeCycle.discardBuild(NAME));
        running.requireValid();
    }

    @Test
    void goesWithItsDataset() throws Exception {
        LineSet set = suspend();
        assertTrue(lifeCycle.drop(NAME));
        assertEquals(List.of(set.name()), registry.truncated);
        assertFalse(lifeCycle.drop(NAME));
    }

    @Test
    void staysIfOneVersionIsDropped() throws Exception {
        for (int i = 0; i < 2; i++) {
            HeldLease lease = lifeCycle.begin(new BuildRequest(NAME, "x", null, false, 2, false, LinesPerRecord.ONE));
            lease.commit(new Content(i, i, ContentDigest.parse("0".repeat(32)), 1, true), "a layout", 1, List.of());
        }
        suspend();
        lifeCycle.drop(NAME, 1);
        assertEquals(STORED, begin(true).resumed());
    }

    /** This process cannot end for the test, so its lease is given the identity of a later one with the same number. */
    @Test
    void isResumedAtOnceIfItsProcessHasEnded() throws Exception {
        HeldLease lease = begin(false);
        lease.reportProgress(() -> STORED);
        lease.renew();
        lease.abandon();
        registry.update(
                "",
                current -> current.leases()
                        .computeIfPresent(
                                NAME.value(),
                                (_, held) -> new Registry.Lease(
                                        held.holder() + "1", held.owner(), held.set(), held.until())));
        assertEquals(STORED, begin(true).resumed());
    }

    /** A process that was suspended beyond its lease must not release the lease of the build that resumed its own. */
    @Test
    void isNotChangedByTheProcessThatLostIt() throws Exception {
        HeldLease lost = begin(false);
        lost.reportProgress(() -> STORED);
        lost.renew();
        advance(LEASE);
        HeldLease resumed = begin(true);
        StoredPrefix more = new StoredPrefix(8, 80, "cd", 8, 16, false, 1_000);
        resumed.suspend(more);
        lost.suspend(STORED);
        lost.rollBack();
        assertEquals(more, begin(true).resumed());
        assertEquals(List.of(), registry.truncated);
    }
}
