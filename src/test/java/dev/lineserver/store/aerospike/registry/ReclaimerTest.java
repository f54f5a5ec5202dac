package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import org.junit.jupiter.api.Test;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.ProcessIdentity;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests which records servers and builds reclaim, and in which order. */
final class ReclaimerTest extends RegistryTest {
    private void assertReclaimedBy(Peer server, String... truncations) throws StoreException {
        registry.truncatedBefore.clear();
        server.maintenance().reclaimInBackground();
        assertEquals(List.of(truncations), registry.truncatedBefore);
    }

    @Test
    void oneServerAtATimeReclaims() throws Exception {
        LineSet set = publish(here);
        here.versions().drop(NAME);
        advance(GRACE);
        here.maintenance().sweep();
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
        here.versions().drop(NAME);
        advance(GRACE);
        here.maintenance().sweep();
        registry.counts.put(set.name(), new RegistryAccess.SetCount(9, false));
        registry.failures.add(new StoreFailedException("stopped taking writes"));
        assertThrows(StoreFailedException.class, here.maintenance()::reclaimInBackground);
        registry.failures.add(new StoreFailedException("stopped taking writes"));
        registry.accepted = List.of(false, false, true);
        assertReclaimedBy(here, set.name() + "<502000");
    }

    /** The process was killed while the cluster ran full: its lease cannot be removed before there is room. */
    @Test
    void aBuildAfterAnEndedProcessReclaimsBeforeItWritesIfWritesAreStopped() throws Exception {
        DatasetName other = new DatasetName("other");
        HeldBuild _ = here.builds().begin(request(other));
        LineSet garbage = publish(here);
        here.versions().drop(NAME);
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
        registry.beforeUpdate = () -> assertEquals(List.of(garbage.name() + "<502000"), registry.truncatedBefore);
        HeldBuild begun = there.builds().begin(request(other));
        begun.lease().requireValid();
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
        assertTrue(here.versions().drop(NAME));
        advance(GRACE);
        here.maintenance().sweep();
        registry.beforeCount = () -> {
            assertEquals(
                    free.name(),
                    assertDoesNotThrow(() -> there.builds().begin(request(NAME)))
                            .set()
                            .name());
            registry.counts.put(free.name(), new RegistryAccess.SetCount(2, false));
        };
        assertEquals(List.of(), here.maintenance().reclaim(true));
    }
}
