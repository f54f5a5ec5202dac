package dev.lineserver.store.aerospike.registry;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests what happens to the set of a build that ended before it was complete. */
final class UnfinishedBuildTest extends RegistryTest {
    private static final StoredPrefix STORED = new StoredPrefix(7, 70, "ab", 7, 16, false, 1_000);

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

    private HeldBuild begin(boolean resume) throws StoreException {
        return here.builds().begin(request(resume, 99));
    }

    private LineSet suspend() throws StoreException {
        HeldBuild held = begin(false);
        assertEquals(StoredPrefix.NONE, held.resumed());
        assertEquals(STORED, held.suspend(STORED));
        return held.set();
    }

    @Test
    void isResumedWithTheSameSetAndNumber() throws Exception {
        LineSet set = suspend();
        HeldBuild resumed = begin(true);
        assertEquals(set, resumed.set());
        assertEquals(STORED, resumed.resumed());
        resumed.commit(new Content(1, 2, ContentDigest.parse("0".repeat(32)), 1, true), "a layout", 1, List.of());
        assertEquals(LineSet.SetState.LIVE, registry.state(set.name()));
        assertEquals(List.of(), here.builds().list());
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
                assertThrows(StoreFailedException.class, () -> here.builds().begin(request(true, 98)));
        assertTrue(refused.getMessage().contains("has 98 bytes"), refused.getMessage());
        assertEquals(STORED, begin(true).resumed());
    }

    @Test
    void isKeptForADayAfterItsLastSignOfLife() throws Exception {
        LineSet set = suspend();
        advance(BuildEntry.MAX_AGE.minusMillis(1));
        here.maintenance().sweep();
        assertEquals(List.of(), here.maintenance().reclaim(false));
        assertEquals(1, here.builds().list().size());
        HeldBuild resumed = begin(true);
        assertEquals(STORED, resumed.suspend(STORED));
        advance(BuildEntry.MAX_AGE.minusMillis(1));
        here.maintenance().sweep();
        assertEquals(LineSet.SetState.BUILDING, registry.state(set.name()));
        advance(Duration.ofMillis(1));
        here.maintenance().sweep();
        assertEquals(List.of(), here.builds().list());
        assertEquals(List.of(set.name()), registry.truncated);
        assertEquals(LineSet.SetState.FREE, registry.state(set.name()));
        assertTrue(registry.read().builds().isEmpty());
        assertEquals(StoredPrefix.NONE, begin(false).resumed());
    }

    /** As before builds could be resumed: a build that has stored no line leaves nothing to resume. */
    @Test
    void isNotKeptIfItHasStoredNoLine() throws Exception {
        HeldBuild held = begin(false);
        advance(LEASE);
        here.maintenance().sweep();
        assertEquals(List.of(held.set().name()), registry.truncated);
        assertEquals(StoredPrefix.NONE, begin(true).resumed());
    }

    @Test
    void keepsWhatWasReportedIfItsProcessDies() throws Exception {
        HeldBuild dead = begin(false);
        dead.lease().reportProgress(() -> STORED);
        dead.lease().renew();
        assertEquals(STORED, dead.abandon());
        assertFalse(here.builds().list().isEmpty());
        assertTrue(here.builds().list().getFirst().running());
        assertThrows(StoreFailedException.class, () -> begin(false));
        advance(LEASE);
        HeldBuild resumed = begin(true);
        assertEquals(STORED, resumed.resumed());
        assertEquals(dead.set(), resumed.set());
    }

    @Test
    void isListedWithItsProgress() throws Exception {
        HeldBuild held = begin(false);
        held.lease().reportProgress(() -> STORED);
        advance(Duration.ofSeconds(7));
        held.lease().renew();
        BuildStatus build = here.builds().list().getFirst();
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
        held.suspend(STORED);
        assertFalse(here.builds().list().getFirst().running());
        advance(Duration.ofSeconds(1));
        BuildStatus resumed = resumedStatus();
        assertEquals(70, resumed.resumedFrom());
        assertEquals(Instant.ofEpochMilli(1_008_000), resumed.resumedAt());
        assertEquals(0, resumed.bytesPerSecond());
    }

    private BuildStatus resumedStatus() throws StoreException {
        assertEquals(STORED, begin(true).resumed());
        return here.builds().list().getFirst();
    }

    @Test
    void isListedWithoutTheLinesThatWereLostUntilTheyAreWrittenAgain() throws Exception {
        LineSet _ = suspend();
        HeldBuild resumed = begin(true);
        for (long written : new long[] {3, 5}) {
            resumed.lease().reportProgress(() -> STORED.withWritten(written));
            advance(Duration.ofSeconds(1));
            resumed.lease().renew();
            BuildStatus build = here.builds().list().getFirst();
            assertEquals(new Checkpoint(written, written * 10), build.stored());
            assertEquals(30, build.resumedFrom());
            assertEquals(5.0 * (written - 3), build.bytesPerSecond());
        }
    }

    @Test
    void isDiscardedOnRequest() throws Exception {
        LineSet set = suspend();
        assertTrue(here.builds().discard(NAME));
        assertEquals(List.of(set.name()), registry.truncated);
        assertEquals(LineSet.SetState.FREE, registry.state(set.name()));
        assertFalse(here.builds().discard(NAME));
        HeldBuild running = begin(false);
        assertThrows(StoreFailedException.class, () -> here.builds().discard(NAME));
        running.lease().requireValid();
    }

    /** The cluster tells whole seconds, and a node may still execute the last writes of a killed process. */
    @Test
    void isTruncatedUpToATimeAfterItsLastWrites() throws Exception {
        LineSet set = suspend();
        assertTrue(here.builds().discard(NAME));
        assertEquals(List.of(set.name() + "<502000"), registry.truncatedBefore);
    }

    @Test
    void isNotTruncatedIfItsSetHasANewBuildMeanwhile() throws Exception {
        LineSet set = suspend();
        HeldBuild[] next = new HeldBuild[1];
        registry.whileWaiting = () -> assertDoesNotThrow(() -> {
            there.maintenance().sweep();
            next[0] = there.builds().begin(request(false, 99));
        });
        assertTrue(here.builds().discard(NAME));
        assertEquals(set.name(), next[0].set().name());
        assertEquals(List.of(set.name()), registry.truncated, "only before the new build began");
        next[0].commit(content(), "a layout", 1, List.of());
        assertEquals(LineSet.SetState.LIVE, registry.state(set.name()));
    }

    /** The lease of a process that has ended cannot be removed while the cluster stops writes. */
    @Test
    void isTruncatedBeforeItIsDiscardedIfWritesAreStopped() throws Exception {
        LineSet set = leaveAsEndedProcess();
        registry.accepted = List.of(false, false, true);
        registry.beforeUpdate = () -> assertEquals(List.of(set.name() + "<500000"), registry.truncatedBefore);
        assertTrue(here.builds().discard(NAME));
        assertEquals(LineSet.SetState.FREE, registry.state(set.name()));
        assertEquals(StoredPrefix.NONE, begin(false).resumed());
    }

    @Test
    void isListedIfTheClusterRefusesWritesAlsoWithoutItsLines() throws Exception {
        LineSet set = suspend();
        registry.accepted = List.of(false, true);
        registry.failures.add(new StoreFailedException("stopped taking writes"));
        StoreFailedException refused =
                assertThrows(StoreFailedException.class, () -> here.builds().discard(NAME));
        assertTrue(refused.getMessage().contains("were deleted"), refused.getMessage());
        assertEquals(List.of(set.name()), registry.truncated);
        assertEquals(1, here.builds().list().size());
        assertTrue(here.builds().discard(NAME));
    }

    @Test
    void isNotTruncatedWhileItIsInProgressAlthoughWritesAreStopped() throws Exception {
        HeldBuild running = begin(false);
        registry.accepted = List.of(false);
        assertThrows(StoreFailedException.class, () -> here.builds().discard(NAME));
        assertEquals(List.of(), registry.truncated);
        running.lease().requireValid();
    }

    @Test
    void isDiscardedAtOnceIfItsProcessHasEnded() throws Exception {
        LineSet set = leaveAsEndedProcess();
        assertFalse(here.builds().list().getFirst().running());
        assertTrue(here.builds().discard(NAME));
        assertEquals(LineSet.SetState.FREE, registry.state(set.name()));
    }

    @Test
    void goesWithItsDataset() throws Exception {
        LineSet set = suspend();
        assertTrue(here.versions().drop(NAME));
        assertEquals(List.of(set.name()), registry.truncated);
        assertFalse(here.versions().drop(NAME));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void goesWithItsDatasetAtOnceIfItsProcessHasEnded(boolean hasVersion) throws Exception {
        if (hasVersion) {
            publish(here);
        }
        LineSet set = leaveAsEndedProcess();
        assertTrue(here.versions().drop(NAME));
        assertEquals(List.of(set.name()), registry.truncated);
        assertEquals(StoredPrefix.NONE, begin(false).resumed());
    }

    @Test
    void staysIfOneVersionIsDropped() throws Exception {
        for (int i = 0; i < 2; i++) {
            HeldBuild held = here.builds()
                    .begin(new BuildRequest(NAME, "x", null, false, 2, false, LinesPerRecord.ONE, false, false));
            held.commit(new Content(i, i, ContentDigest.parse("0".repeat(32)), 1, true), "a layout", 1, List.of());
        }
        suspend();
        here.versions().drop(NAME, 1);
        assertEquals(STORED, begin(true).resumed());
    }

    @Test
    void staysIfTheOnlyVersionIsDropped() throws Exception {
        here.builds()
                .begin(new BuildRequest(NAME, "x", null, false, 0, true, LinesPerRecord.ONE, false, false))
                .commit(content(), "a layout", 1, List.of());
        LineSet set = suspend();
        here.versions().drop(NAME, 1);
        assertEquals(LineSet.SetState.BUILDING, registry.state(set.name()));
        assertEquals(STORED, begin(true).resumed());
    }

    @Test
    void isResumedAtOnceIfItsProcessHasEnded() throws Exception {
        leaveAsEndedProcess();
        assertEquals(STORED, begin(true).resumed());
    }

    /** This process cannot end for the test, so its lease is given the identity of a later one with the same number. */
    private LineSet leaveAsEndedProcess() throws StoreException {
        HeldBuild dead = begin(false);
        dead.lease().reportProgress(() -> STORED);
        dead.lease().renew();
        dead.abandon();
        endItsProcess();
        return dead.set();
    }

    private void endItsProcess() throws StoreException {
        registry.update(
                "",
                current -> current.leases()
                        .computeIfPresent(
                                NAME.value(),
                                (_, held) -> new Registry.Lease(
                                        held.holder() + "1", held.owner(), held.set(), held.until())));
    }

    @Test
    void isKeptIfItsProcessEndsWhileAnotherIngestBegins() throws Exception {
        HeldBuild dying = begin(false);
        dying.lease().reportProgress(() -> STORED);
        dying.lease().renew();
        dying.abandon();
        registry.beforeCount = () -> assertDoesNotThrow(this::endItsProcess);
        assertThrows(StoreFailedException.class, () -> begin(false));
        assertEquals(STORED, begin(true).resumed());
    }

    /** A process that was suspended beyond its lease must not release the lease of the build that resumed its own. */
    @Test
    void isNotChangedByTheProcessThatLostIt() throws Exception {
        HeldBuild lost = begin(false);
        lost.lease().reportProgress(() -> STORED);
        lost.lease().renew();
        advance(LEASE);
        HeldBuild resumed = begin(true);
        StoredPrefix more = new StoredPrefix(8, 80, "cd", 8, 16, false, 1_000);
        resumed.suspend(more);
        assertEquals(StoredPrefix.NONE, lost.suspend(STORED), "it has kept nothing");
        lost.rollBack();
        assertEquals(more, begin(true).resumed());
        assertEquals(List.of(), registry.truncated);
    }
}
