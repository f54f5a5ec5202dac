package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;

import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests every transition of the diagram in {@link LineSet}, and the choice of sets for builds. */
final class LineSetTest extends RegistryTest {
    @Test
    void theSetOfASupersededVersionIsFreedAfterTheGraceAndReused() throws Exception {
        LineSet first = publish(here);
        assertEquals(LineSet.SetState.LIVE, first.state());
        LineSet second = publish(here);
        assertEquals(2, second.version());
        assertEquals(LineSet.SetState.RETIRED, registry.state(first.name()));
        advance(GRACE.minusMillis(1));
        here.maintenance().sweep();
        assertEquals(List.of(), registry.truncated);
        advance(Duration.ofMillis(1));
        here.maintenance().sweep();
        assertEquals(List.of(first.name()), registry.truncated);
        assertEquals(LineSet.SetState.FREE, registry.state(first.name()));
        LineSet third = publish(here);
        assertEquals(first.name(), third.name());
        assertEquals(List.of(1L, 2L, 3L), List.of(first.build(), second.build(), third.build()));
    }

    @Test
    void aFreeSetIsReusedOnlyIfItIsEmpty() throws Exception {
        publish(here);
        publish(here);
        advance(GRACE);
        here.maintenance().sweep();
        registry.counts.put("_a", new RegistryAccess.SetCount(3, false));
        registry.counts.put("_c", new RegistryAccess.SetCount(7, false));
        assertEquals("_d", publish(here).name(), "_a is not empty, _b is live, _c belongs to another program");
        assertEquals(List.of("_a<500000", "_a<500000"), registry.truncatedBefore, "records in free sets are deleted");
        registry.counts.put("_a", new RegistryAccess.SetCount(0, true));
        assertEquals("_e", publish(here).name(), "_a is still being truncated");
    }

    @Test
    void aRolledBackBuildFreesItsSetAtOnce() throws Exception {
        HeldBuild build = here.builds().begin(request(NAME));
        assertEquals(LineSet.SetState.BUILDING, registry.state(build.set().name()));
        build.rollBack();
        assertEquals(LineSet.SetState.FREE, registry.state(build.set().name()));
        assertEquals(1, there.builds().begin(request(NAME)).set().version());
    }

    @Test
    void keptAndHeldVersionsKeepTheirSets() throws Exception {
        LineSet first = publish(here);
        HeldBuild held = here.builds()
                .begin(new BuildRequest(NAME, "x", null, false, 1, true, LinesPerRecord.ONE, false, false));
        held.commit(content(), "a layout", 1, List.of());
        HeldBuild third = here.builds()
                .begin(new BuildRequest(NAME, "x", null, false, 2, false, LinesPerRecord.ONE, false, false));
        third.commit(content(), "a layout", 1, List.of());
        advance(Versions.MAX_HOLD);
        assertEquals(List.of(), here.maintenance().reclaim(false));
        assertEquals(LineSet.SetState.LIVE, registry.state(first.name()));
        there.versions().publish(NAME, 1, 1);
        assertEquals(LineSet.SetState.RETIRED, registry.state(third.set().name()));
        assertEquals(LineSet.SetState.LIVE, registry.state(held.set().name()));
        there.versions().drop(NAME, 2);
        advance(GRACE);
        assertEquals(
                List.of("version 2 of sample was replaced or dropped", "version 3 of sample was replaced or dropped"),
                here.maintenance().reclaim(false).stream().map(Leftover::reason).toList());
        assertEquals(
                List.of(LineSet.SetState.LIVE, LineSet.SetState.FREE, LineSet.SetState.FREE),
                List.of(
                        registry.state(first.name()),
                        registry.state(held.set().name()),
                        registry.state(third.set().name())));
    }

    @Test
    void setNamesAreShortAndDistinct() {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < LineSet.MAX_SETS; i++) {
            String name = LineSet.nameOf(i);
            assertTrue(name.length() <= 4 && names.add(name), name);
        }
        assertEquals(
                List.of("_a", "_z", "_10", "_1q"),
                List.of(LineSet.nameOf(0), LineSet.nameOf(25), LineSet.nameOf(26), LineSet.nameOf(52)));
    }

    @Test
    void aBuildNumberIsNotReusedEvenIfTheRegistryWasLost() throws Exception {
        now.set(Instant.parse("2026-01-02T00:00:00Z").toEpochMilli());
        assertEquals(1_440, here.builds().begin(request(NAME)).set().build());
        assertEquals(
                1_441,
                here.builds().begin(request(new DatasetName("other"))).set().build());
        registry.update("losing the registry", all -> {
            all.sets().clear();
            all.leases().clear();
        });
        advance(Duration.ofMinutes(2));
        assertEquals(1_442, here.builds().begin(request(NAME)).set().build());
        now.set(Instant.parse("2025-01-01T00:00:00Z").toEpochMilli());
        assertEquals(
                1_443,
                here.builds().begin(request(new DatasetName("other"))).set().build());
        now.set(Instant.parse("2126-01-01T00:00:00Z").toEpochMilli());
        StoreFailedException refused =
                assertThrows(StoreFailedException.class, () -> here.builds().begin(request(new DatasetName("third"))));
        assertTrue(refused.getMessage().contains("check the clock"), refused.getMessage());
    }
}
