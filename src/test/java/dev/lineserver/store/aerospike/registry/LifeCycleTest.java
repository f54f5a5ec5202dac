package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.AerospikeSettings;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests every transition of the diagram in {@link LineSet}, and the transitions that must not happen. */
final class LifeCycleTest {
    private static final DatasetName NAME = new DatasetName("sample");
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration GRACE = AerospikeSettings.WriteLimits.DEFAULT.grace();

    private final ScriptedRegistry registry = new ScriptedRegistry();
    private final AtomicLong now = new AtomicLong(1_000_000);
    private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    private final List<LifeCycle> lifeCycles = new ArrayList<>();
    private final LifeCycle here = lifeCycle(LEASE);
    private final LifeCycle there = lifeCycle(LEASE);

    private LifeCycle lifeCycle(Duration lease) {
        LifeCycle lifeCycle = new LifeCycle(registry, lease, GRACE, clock);
        lifeCycles.add(lifeCycle);
        return lifeCycle;
    }

    @AfterEach
    void closeInterruptedSoThatNothingWaitsForTheGrace() {
        Thread.currentThread().interrupt();
        lifeCycles.forEach(LifeCycle::close);
        assertTrue(Thread.interrupted());
    }

    private static BuildRequest request(DatasetName dataset) {
        return new BuildRequest(dataset, "texts/sample.txt", null, false);
    }

    private static Content content() {
        return new Content(1, 2, ContentDigest.parse("0".repeat(32)), 1, true);
    }

    private LineSet publish(LifeCycle lifeCycle) throws StoreException {
        HeldLease lease = lifeCycle.begin(request(NAME));
        lease.commit(content(), "a layout", 1, List.of());
        return registry.read().lineSet(lease.set().name());
    }

    private void advance(Duration time) {
        now.addAndGet(time.toMillis());
    }

    @Test
    void theSetOfASupersededVersionIsFreedAfterTheGraceAndReused() throws Exception {
        LineSet first = publish(here);
        assertEquals(LineSet.SetState.LIVE, first.state());
        LineSet second = publish(here);
        assertEquals(2, second.version());
        assertEquals(LineSet.SetState.RETIRED, registry.state(first.name()));
        advance(GRACE.minusMillis(1));
        here.sweep();
        assertEquals(List.of(), registry.truncated);
        advance(Duration.ofMillis(1));
        here.sweep();
        assertEquals(List.of(first.name()), registry.truncated);
        assertEquals(LineSet.SetState.FREE, registry.state(first.name()));
        LineSet third = publish(here);
        assertEquals(first.name(), third.name());
        assertEquals(List.of(1L, 2L, 3L), List.of(first.build(), second.build(), third.build()));
    }

    /** A look may come late, because the refresh before it waits for a lookup. */
    @Test
    void aServerThatLooksAtTheLongestIntervalMayMissEverySecondLook() throws Exception {
        Duration twoIntervals = AerospikeSettings.MAX_CHECK_INTERVAL.multipliedBy(2);
        LineSet first = publish(here);
        publish(here);
        for (int i = 0; i < 10; i++) {
            advance(twoIntervals);
            here.sweep();
            assertEquals(LineSet.SetState.RETIRED, registry.state(first.name()));
            there.hold(registry.read().lineSet(first.name()));
        }
        advance(GRACE);
        here.sweep();
        assertEquals(LineSet.SetState.FREE, registry.state(first.name()));
    }

    @Test
    void aFreeSetIsReusedOnlyIfItIsEmpty() throws Exception {
        publish(here);
        publish(here);
        advance(GRACE);
        here.sweep();
        registry.counts.put("_a", new RegistryAccess.SetCount(3, false));
        registry.counts.put("_c", new RegistryAccess.SetCount(7, false));
        assertEquals("_d", publish(here).name(), "_a is not empty, _b is live, _c belongs to another program");
        assertEquals(List.of("_a<500000", "_a<500000"), registry.truncatedBefore, "records in free sets are deleted");
        registry.counts.put("_a", new RegistryAccess.SetCount(0, true));
        assertEquals("_e", publish(here).name(), "_a is still being truncated");
    }

    @Test
    void aRolledBackBuildFreesItsSetAtOnce() throws Exception {
        HeldLease lease = here.begin(request(NAME));
        assertEquals(LineSet.SetState.BUILDING, registry.state(lease.set().name()));
        lease.rollBack();
        assertEquals(LineSet.SetState.FREE, registry.state(lease.set().name()));
        assertEquals(1, there.begin(request(NAME)).set().version());
    }

    @Test
    void aSecondBuildIsRefusedUntilTheLeaseOfTheFirstExpires() throws Exception {
        HeldLease dead = here.begin(request(NAME));
        StoreFailedException refused = assertThrows(StoreFailedException.class, () -> there.begin(request(NAME)));
        assertTrue(refused.getMessage().contains("'texts/sample.txt'"), refused.getMessage());
        advance(LEASE);
        there.begin(request(NAME));
        assertEquals(List.of(dead.set().name()), registry.truncated, "the records of the dead build are deleted");
    }

    @Test
    void aBuildSuspendedBeyondItsLeaseStopsWriting() throws Exception {
        HeldLease lease = here.begin(request(NAME));
        lease.requireValid();
        advance(LEASE.dividedBy(3).multipliedBy(2).plusMillis(1));
        StoreUnavailableException lost = assertThrows(StoreUnavailableException.class, lease::requireValid);
        assertTrue(lost.getMessage().contains("lease on sample"), lost.getMessage());
        now.set(1_000_000);
        assertThrows(StoreUnavailableException.class, lease::requireValid, "a lost lease stays lost");
    }

    /**
     * The build continues after another process has decided to truncate its set, and before the set is marked as free.
     */
    @Test
    void aBuildCannotPublishWhileItsSetIsTruncated() throws Exception {
        HeldLease lease = here.begin(request(NAME));
        advance(LEASE);
        registry.duringTruncation = () ->
                assertThrows(StoreUnavailableException.class, () -> lease.commit(content(), "a layout", 1, List.of()));
        there.begin(request(new DatasetName("other")));
        assertEquals(List.of(lease.set().name()), registry.truncated);
        assertTrue(registry.read().datasets().isEmpty());
    }

    @Test
    void aSweepThatReadAnOlderRegistryLeavesTheNextBuildOfASetItsLease() throws Exception {
        LineSet first = publish(here);
        publish(here);
        advance(GRACE);
        AtomicReference<HeldLease> reusing = new AtomicReference<>();
        registry.beforeUpdate = () -> reusing.set(beginUnchecked(there));
        here.sweep();
        HeldLease lease = Objects.requireNonNull(reusing.get());
        assertEquals(first.name(), lease.set().name());
        lease.commit(content(), "a layout", 1, List.of());
        assertEquals(LineSet.SetState.LIVE, registry.state(first.name()));
        assertEquals(List.of(first.name()), registry.truncated, "once, before the set was reused");
    }

    private static HeldLease beginUnchecked(LifeCycle lifeCycle) {
        try {
            return lifeCycle.begin(request(NAME));
        } catch (StoreException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aBuildWhoseSetWasTruncatedPublishesNothing() throws Exception {
        HeldLease lease = here.begin(request(NAME));
        advance(LEASE);
        there.begin(request(new DatasetName("other")));
        assertEquals(List.of(lease.set().name()), registry.truncated);
        assertThrows(StoreUnavailableException.class, () -> lease.commit(content(), "a layout", 1, List.of()));
        assertTrue(registry.read().datasets().isEmpty());
    }

    @Test
    void renewalsContinueAfterAnyException() throws Exception {
        LifeCycle quick = lifeCycle(Duration.ofMillis(30));
        HeldLease lease = quick.begin(request(NAME));
        registry.failures.add(new IllegalStateException("scripted"));
        registry.failures.add(new OutOfMemoryError("scripted"));
        registry.failures.add(new StoreUnavailableException("scripted"));
        Awaitility.await().until(registry.failures::isEmpty);
        for (int i = 0; i < 5; i++) {
            advance(Duration.ofMillis(15));
            Awaitility.await()
                    .until(() -> Objects.requireNonNull(registry.read().leases().get(NAME.value()))
                                    .until()
                            == now.get() + 30);
            lease.requireValid();
        }
    }

    @Test
    void aRenewalDetectsALeaseThatAnotherBuildTook() throws Exception {
        LifeCycle quick = lifeCycle(Duration.ofMillis(30));
        HeldLease lease = quick.begin(request(NAME));
        registry.update("taking the lease away", all -> all.leases().remove(NAME.value()));
        Awaitility.await().until(() -> invalidity(lease).contains("was lost"));
    }

    /** The commit releases the lease before it cancels the renewals, and one may run in between. */
    @Test
    void aRenewalAfterThePublicationLosesNothing() throws Exception {
        LifeCycle quick = lifeCycle(Duration.ofMillis(30));
        HeldLease lease = quick.begin(request(NAME));
        LineSet set = lease.set();
        Manifest manifest =
                new Manifest(NAME, set.version(), content(), "a source", "a layout", Instant.ofEpochMilli(now.get()));
        registry.update("publishing as the commit does", all -> {
            all.put(set.withState(LineSet.SetState.LIVE, now.get()));
            all.publish(NAME.value(), new Registry.VersionEntry(manifest, set.name(), 1, 3), 1, now.get());
            all.leases().remove(NAME.value());
        });
        CountDownLatch renewing = new CountDownLatch(1);
        registry.beforeUpdate = renewing::countDown;
        assertTrue(renewing.await(30, TimeUnit.SECONDS));
        // Consumed by a later renewal, which there is only if that one has not lost the lease.
        registry.failures.add(new StoreUnavailableException("scripted"));
        Awaitility.await().until(registry.failures::isEmpty);
        assertEquals("", invalidity(lease));
        assertFalse(registry.read().leases().containsKey(NAME.value()));
    }

    /** Returns the message of the failure if the lease is lost, else an empty string. */
    private static String invalidity(HeldLease lease) {
        try {
            lease.requireValid();
            return "";
        } catch (StoreUnavailableException e) {
            return e.getMessage();
        }
    }

    @Test
    void aDropIsRefusedDuringABuildAndAllowedAfterItsLeaseExpired() throws Exception {
        publish(here);
        HeldLease dead = here.begin(request(NAME));
        StoreFailedException refused = assertThrows(StoreFailedException.class, () -> there.drop(NAME));
        assertTrue(refused.getMessage().contains("'texts/sample.txt'"), refused.getMessage());
        advance(LEASE);
        assertTrue(there.drop(NAME));
        assertEquals(List.of(), registry.read().dataset(NAME.value()).all());
        assertTrue(registry.read().leases().isEmpty());
        assertEquals(LineSet.SetState.FREE, registry.state(dead.set().name()));
        assertThrows(StoreUnavailableException.class, () -> dead.commit(content(), "a layout", 1, List.of()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aVersionIsKeptWhileItIsHeld(boolean dropped) throws Exception {
        LineSet first = publish(here);
        there.hold(first);
        if (dropped) {
            here.drop(NAME);
        } else {
            publish(here);
        }
        for (int i = 0; i < 20; i++) {
            there.hold(first);
            advance(GRACE.dividedBy(2));
            here.sweep();
            assertEquals(List.of(), registry.truncated, "after " + i + " holds");
        }
        advance(GRACE);
        here.sweep();
        assertEquals(List.of(first.name()), registry.truncated);
    }

    @Test
    void holdsEndAtTheLimit() throws Exception {
        LineSet first = publish(here);
        publish(here);
        long retired = now.get();
        while (registry.truncated.isEmpty()) {
            there.hold(first);
            advance(GRACE.dividedBy(2));
            here.sweep();
            assertTrue(now.get() <= retired + LifeCycle.MAX_HOLD.plus(GRACE).toMillis());
        }
        assertTrue(now.get() >= retired + LifeCycle.MAX_HOLD.toMillis());
    }

    @Test
    void holdsOfManyServersCauseOneWriteOfTheRegistry() throws Exception {
        LineSet first = publish(here);
        publish(here);
        int before = registry.writes;
        for (int server = 0; server < 10; server++) {
            there.hold(first);
            advance(Duration.ofMillis(100));
        }
        assertEquals(1, registry.writes - before);
    }

    @Test
    void aHoldOfAReusedSetDoesNothing() throws Exception {
        LineSet first = publish(here);
        publish(here);
        advance(GRACE);
        here.sweep();
        Registry before = registry.read();
        there.hold(first);
        publish(here);
        publish(here);
        Registry reused = registry.read();
        assertEquals(LineSet.SetState.RETIRED, registry.state(first.name()));
        there.hold(first);
        assertEquals(reused, registry.read());
        assertEquals(first.build(), before.lineSet(first.name()).build());
        assertEquals(3, reused.lineSet(first.name()).build());
    }

    @Test
    void setNamesAreShortAndDistinct() {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < Registry.MAX_SETS; i++) {
            String name = Registry.setName(i);
            assertTrue(name.length() <= 4 && names.add(name), name);
        }
        assertEquals(
                List.of("_a", "_z", "_10", "_1q"),
                List.of(Registry.setName(0), Registry.setName(25), Registry.setName(26), Registry.setName(52)));
    }

    @Test
    void aBuildNumberIsNotReusedEvenIfTheRegistryWasLost() throws Exception {
        now.set(Instant.parse("2026-01-02T00:00:00Z").toEpochMilli());
        assertEquals(1_440, here.begin(request(NAME)).set().build());
        assertEquals(1_441, here.begin(request(new DatasetName("other"))).set().build());
        registry.update("losing the registry", all -> {
            all.sets().clear();
            all.leases().clear();
        });
        advance(Duration.ofMinutes(2));
        assertEquals(1_442, here.begin(request(NAME)).set().build());
        now.set(Instant.parse("2025-01-01T00:00:00Z").toEpochMilli());
        assertEquals(1_443, here.begin(request(new DatasetName("other"))).set().build());
        now.set(Instant.parse("2126-01-01T00:00:00Z").toEpochMilli());
        StoreFailedException refused =
                assertThrows(StoreFailedException.class, () -> here.begin(request(new DatasetName("third"))));
        assertTrue(refused.getMessage().contains("check the clock"), refused.getMessage());
    }

    private void assertReclaimedBy(LifeCycle server, String... truncations) throws StoreException {
        registry.truncatedBefore.clear();
        server.reclaimInBackground();
        assertEquals(List.of(truncations), registry.truncatedBefore);
    }

    @Test
    void oneServerAtATimeReclaims() throws Exception {
        LineSet set = publish(here);
        here.drop(NAME);
        advance(GRACE);
        here.sweep();
        int before = registry.writes;
        assertReclaimedBy(here);
        assertEquals(before, registry.writes, "nothing is written if nothing is found");
        registry.counts.put(set.name(), new RegistryAccess.SetCount(9, false));
        assertReclaimedBy(here, set.name() + "<500000");
        assertEquals(before + 1, registry.writes);
        assertReclaimedBy(there);
        assertReclaimedBy(here, set.name() + "<500000");
        advance(Duration.ofMinutes(1));
        assertReclaimedBy(there, set.name() + "<500000");
        assertReclaimedBy(here);
    }

    @Test
    void aServerReclaimsWithoutTheRegistryWhileWritesAreStopped() throws Exception {
        LineSet set = publish(here);
        here.drop(NAME);
        advance(GRACE);
        here.sweep();
        registry.counts.put(set.name(), new RegistryAccess.SetCount(9, false));
        registry.failures.add(new StoreFailedException("stopped taking writes"));
        assertThrows(StoreFailedException.class, here::reclaimInBackground);
        registry.failures.add(new StoreFailedException("stopped taking writes"));
        registry.accepted = List.of(false, false, true);
        assertReclaimedBy(here, set.name() + "<500000");
    }

    /** The process was killed while the cluster ran full: its lease cannot be removed before there is room. */
    @Test
    void aBuildAfterAnEndedProcessReclaimsBeforeItWritesIfWritesAreStopped() throws Exception {
        DatasetName other = new DatasetName("other");
        HeldLease _ = here.begin(request(other));
        LineSet garbage = publish(here);
        here.drop(NAME);
        advance(GRACE);
        Registry _ = registry.update("ending the process", current -> {
            Registry.Lease held = Objects.requireNonNull(current.leases().get("other"));
            current.leases()
                    .put("other", new Registry.Lease(held.holder() + "0", held.owner(), held.set(), held.until()));
        });
        assertTrue(ProcessIdentity.hasEnded(
                Objects.requireNonNull(registry.read().leases().get("other")).holder()));
        registry.counts.put(garbage.name(), new RegistryAccess.SetCount(9, false));
        registry.accepted = List.of(false, false, false, true);
        registry.truncatedBefore.clear();
        registry.beforeUpdate = () -> assertEquals(List.of(garbage.name() + "<500000"), registry.truncatedBefore);
        HeldLease begun = there.begin(request(other));
        begun.requireValid();
    }

    @Test
    void recordsThatATruncationCannotDeleteAreNotTruncatedAgainUntilTheirNumberChanges() throws Exception {
        LineSet set = publish(here);
        registry.counts.put(set.name(), new RegistryAccess.SetCount(2, false));
        assertReclaimedBy(here);
        registry.counts.put(set.name(), new RegistryAccess.SetCount(5, false));
        String[] truncation = {set.name() + " forgotten", set.name() + "<440000"};
        assertReclaimedBy(here, truncation);
        assertReclaimedBy(here);
        registry.counts.put(set.name(), new RegistryAccess.SetCount(6, false));
        assertReclaimedBy(here, truncation);
        assertEquals(List.of(), registry.truncatedNow);
    }

    /** It begins after the registry was read, and has written before the records are counted. */
    @Test
    void recordsOfABuildThatJustBeganAreNoLeftovers() throws Exception {
        LineSet free = publish(here);
        assertTrue(here.drop(NAME));
        advance(GRACE);
        here.sweep();
        registry.beforeCount = () -> {
            assertEquals(
                    free.name(),
                    assertDoesNotThrow(() -> there.begin(request(NAME))).set().name());
            registry.counts.put(free.name(), new RegistryAccess.SetCount(2, false));
        };
        assertEquals(List.of(), here.reclaim(true));
    }

    @Test
    void keptAndHeldVersionsKeepTheirSets() throws Exception {
        LineSet first = publish(here);
        HeldLease held = here.begin(new BuildRequest(NAME, "x", null, false, 1, true, LinesPerRecord.ONE));
        held.commit(content(), "a layout", 1, List.of());
        HeldLease third = here.begin(new BuildRequest(NAME, "x", null, false, 2, false, LinesPerRecord.ONE));
        third.commit(content(), "a layout", 1, List.of());
        advance(LifeCycle.MAX_HOLD);
        assertEquals(List.of(), here.reclaim(false));
        assertEquals(LineSet.SetState.LIVE, registry.state(first.name()));
        there.publish(NAME, 1, 1);
        assertEquals(LineSet.SetState.RETIRED, registry.state(third.set().name()));
        assertEquals(LineSet.SetState.LIVE, registry.state(held.set().name()));
        there.drop(NAME, 2);
        advance(GRACE);
        assertEquals(
                List.of("version 2 of sample was replaced or dropped", "version 3 of sample was replaced or dropped"),
                here.reclaim(false).stream().map(Leftover::reason).toList());
        assertEquals(
                List.of(LineSet.SetState.LIVE, LineSet.SetState.FREE, LineSet.SetState.FREE),
                List.of(
                        registry.state(first.name()),
                        registry.state(held.set().name()),
                        registry.state(third.set().name())));
    }

    @Test
    void aBuildWhoseLeaseExpiredPublishesNothingEvenIfNobodyNoticed() throws Exception {
        HeldLease lease = here.begin(request(NAME));
        advance(LEASE);
        assertThrows(StoreUnavailableException.class, () -> lease.commit(content(), "a layout", 1, List.of()));
        assertEquals(List.of(), registry.read().dataset(NAME.value()).all());
        lease.rollBack();
        assertEquals(List.of(), registry.truncatedNow, "only a valid lease allows a truncation without a time");
        assertEquals(List.of(lease.set().name() + "<500000"), registry.truncatedBefore);
    }
}
