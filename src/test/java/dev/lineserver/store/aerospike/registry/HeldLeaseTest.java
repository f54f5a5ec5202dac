package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests that a lease keeps other builds away while it is renewed, and that a build without one changes nothing. */
final class HeldLeaseTest extends RegistryTest {
    private static final StoredPrefix STORED = new StoredPrefix(1, 10, "ab", 1, 1, false, 1_000);

    @Test
    void aSecondBuildIsRefusedUntilTheLeaseOfTheFirstExpires() throws Exception {
        HeldBuild dead = here.builds().begin(request(NAME));
        StoreFailedException refused =
                assertThrows(StoreFailedException.class, () -> there.builds().begin(request(NAME)));
        assertTrue(refused.getMessage().contains("'texts/sample.txt'"), refused.getMessage());
        advance(LEASE);
        there.builds().begin(request(NAME));
        assertEquals(List.of(dead.set().name()), registry.truncated, "the records of the dead build are deleted");
    }

    @Test
    void aBuildSuspendedBeyondItsLeaseStopsWriting() throws Exception {
        HeldBuild build = here.builds().begin(request(NAME));
        build.lease().requireValid();
        advance(LEASE.dividedBy(3).multipliedBy(2).plusMillis(1));
        StoreUnavailableException lost = assertThrows(StoreUnavailableException.class, build.lease()::requireValid);
        assertTrue(lost.getMessage().contains("lease on sample"), lost.getMessage());
        now.set(1_000_000);
        assertThrows(StoreUnavailableException.class, build.lease()::requireValid, "a lost lease stays lost");
    }

    /**
     * The build continues after another process has decided to truncate its set, and before the set is marked as free.
     */
    @Test
    void aBuildCannotPublishWhileItsSetIsTruncated() throws Exception {
        HeldBuild build = here.builds().begin(request(NAME));
        advance(LEASE);
        registry.duringTruncation = () ->
                assertThrows(StoreUnavailableException.class, () -> build.commit(content(), "a layout", 1, List.of()));
        there.builds().begin(request(new DatasetName("other")));
        assertEquals(List.of(build.set().name()), registry.truncated);
        assertTrue(registry.read().datasets().isEmpty());
    }

    @Test
    void aSweepThatReadAnOlderRegistryLeavesTheNextBuildOfASetItsLease() throws Exception {
        LineSet first = publish(here);
        publish(here);
        advance(GRACE);
        AtomicReference<HeldBuild> reusing = new AtomicReference<>();
        registry.beforeUpdate = () -> reusing.set(beginUnchecked(there));
        here.maintenance().sweep();
        HeldBuild build = Objects.requireNonNull(reusing.get());
        assertEquals(first.name(), build.set().name());
        build.commit(content(), "a layout", 1, List.of());
        assertEquals(LineSet.SetState.LIVE, registry.state(first.name()));
        assertEquals(List.of(first.name()), registry.truncated, "once, before the set was reused");
    }

    private static HeldBuild beginUnchecked(Peer peer) {
        try {
            return peer.builds().begin(request(NAME));
        } catch (StoreException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aBuildWhoseSetWasTruncatedPublishesNothing() throws Exception {
        HeldBuild build = here.builds().begin(request(NAME));
        advance(LEASE);
        there.builds().begin(request(new DatasetName("other")));
        assertEquals(List.of(build.set().name()), registry.truncated);
        assertThrows(StoreUnavailableException.class, () -> build.commit(content(), "a layout", 1, List.of()));
        assertTrue(registry.read().datasets().isEmpty());
    }

    @Test
    void aBuildWhoseLeaseExpiredPublishesNothingEvenIfNobodyNoticed() throws Exception {
        HeldBuild build = here.builds().begin(request(NAME));
        advance(LEASE);
        assertThrows(StoreUnavailableException.class, () -> build.commit(content(), "a layout", 1, List.of()));
        assertEquals(List.of(), registry.read().dataset(NAME.value()).all());
        build.rollBack();
        assertEquals(List.of(), registry.truncatedNow, "only a valid lease allows a truncation without a time");
        assertEquals(List.of(build.set().name() + "<502000"), registry.truncatedBefore);
    }

    /** The read of the registry may take longer than the lease, and then the set may have another build. */
    @Test
    void aRollbackThatOutlivesItsLeaseDeletesNothingOfAnother() throws Exception {
        HeldBuild slow = here.builds().begin(request(NAME));
        registry.afterRead = () -> assertDoesNotThrow(() -> {
            advance(LEASE);
            there.maintenance().sweep();
            assertEquals(slow.set().name(), publish(there).name());
        });
        slow.rollBack();
        assertEquals(List.of(), registry.truncatedNow);
        assertEquals(LineSet.SetState.LIVE, registry.state(slow.set().name()));
    }

    @Test
    void aDropIsRefusedDuringABuildAndAllowedAfterItsLeaseExpired() throws Exception {
        publish(here);
        HeldBuild dead = here.builds().begin(request(NAME));
        StoreFailedException refused =
                assertThrows(StoreFailedException.class, () -> there.versions().drop(NAME));
        assertTrue(refused.getMessage().contains("'texts/sample.txt'"), refused.getMessage());
        advance(LEASE);
        assertTrue(there.versions().drop(NAME));
        assertEquals(List.of(), registry.read().dataset(NAME.value()).all());
        assertTrue(registry.read().leases().isEmpty());
        assertEquals(LineSet.SetState.FREE, registry.state(dead.set().name()));
        assertThrows(StoreUnavailableException.class, () -> dead.commit(content(), "a layout", 1, List.of()));
    }

    @Test
    void renewalsContinueAfterAnyException() throws Exception {
        Peer quick = peer(Duration.ofMillis(30));
        HeldBuild build = quick.builds().begin(request(NAME));
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
            build.lease().requireValid();
        }
    }

    @Test
    void aRenewalDetectsALeaseThatAnotherBuildTook() throws Exception {
        Peer quick = peer(Duration.ofMillis(30));
        HeldBuild build = quick.builds().begin(request(NAME));
        registry.update("taking the lease away", all -> all.leases().remove(NAME.value()));
        Awaitility.await().until(() -> invalidity(build).contains("was lost"));
    }

    /** The commit releases the lease before it cancels the renewals, and one may run in between. */
    @Test
    void aRenewalAfterThePublicationLosesNothing() throws Exception {
        Peer quick = peer(Duration.ofMillis(30));
        HeldBuild build = quick.builds().begin(request(NAME));
        LineSet set = build.set();
        Manifest manifest = new Manifest(
                NAME, set.version(), content(), "a source", "a layout", Instant.ofEpochMilli(now.get()), List.of());
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
        assertEquals("", invalidity(build));
        assertFalse(registry.read().leases().containsKey(NAME.value()));
    }

    @Test
    void aRenewalAfterTheSuspensionLosesNothing() throws Exception {
        HeldBuild build = here.builds().begin(request(NAME));
        registry.beforeUpdate = () -> assertEquals(STORED, build.suspend(STORED));
        build.lease().renew();
        assertEquals("", invalidity(build));
    }

    @Test
    void aSuspensionTellsOnlyOfLinesThatAreRecorded() throws Exception {
        HeldBuild robbed = here.builds().begin(request(NAME));
        registry.beforeRepetition = () -> change(all -> all.leases().remove(NAME.value()));
        assertEquals(StoredPrefix.NONE, robbed.suspend(STORED));
    }

    @Test
    void aSuspensionWhoseOutcomeWasInDoubtKeepsItsLines() throws Exception {
        HeldBuild build = here.builds().begin(request(NAME));
        registry.beforeRepetition = () -> change(all -> {
            all.leases().remove(NAME.value());
            build.lease().record(all, STORED);
        });
        assertEquals(STORED, build.suspend(STORED));
    }

    private void change(RegistryAccess.RegistryChange change) {
        assertDoesNotThrow(() -> registry.update("another process", change));
    }

    @Test
    void theEndWaitsForARenewal() throws Exception {
        Peer quick = peer(Duration.ofMillis(30));
        quick.builds().begin(request(NAME));
        CountDownLatch renewing = new CountDownLatch(1);
        CountDownLatch proceed = new CountDownLatch(1);
        AtomicBoolean renewed = new AtomicBoolean();
        registry.beforeUpdate = () -> {
            renewing.countDown();
            awaitUninterruptibly(proceed);
            renewed.set(true);
        };
        assertTrue(renewing.await(30, TimeUnit.SECONDS));
        AtomicBoolean waited = new AtomicBoolean();
        Thread closing = Thread.ofPlatform().start(() -> {
            // As after a signal.
            Thread.currentThread().interrupt();
            quick.maintenance().close();
            waited.set(renewed.get());
        });
        Awaitility.await().until(() -> closing.getState() == Thread.State.TIMED_WAITING || !closing.isAlive());
        proceed.countDown();
        closing.join();
        assertTrue(waited.get(), "closed under a renewal");
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException _) {
                // A command has no interruptible wait.
            }
        }
    }

    @Test
    void aSweepAfterTheEndIsLeftToOthers() {
        here.maintenance().close();
        assertDoesNotThrow(() -> here.maintenance().sweepAt(now.get()));
    }

    /** Returns the message of the failure if the lease is lost, else an empty string. */
    private static String invalidity(HeldBuild build) {
        try {
            build.lease().requireValid();
            return "";
        } catch (StoreUnavailableException e) {
            return e.getMessage();
        }
    }
}
