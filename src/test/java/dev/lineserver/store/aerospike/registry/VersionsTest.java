package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.Manifest;
import dev.lineserver.store.aerospike.AerospikeSettings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests how long servers keep a version that is no longer stored. */
final class VersionsTest extends RegistryTest {
    /** A look may come late, because the refresh before it waits for a lookup. */
    @Test
    void aServerThatLooksAtTheLongestIntervalMayMissEverySecondLook() throws Exception {
        Duration twoIntervals = AerospikeSettings.MAX_CHECK_INTERVAL.multipliedBy(2);
        LineSet first = publish(here);
        publish(here);
        for (int i = 0; i < 10; i++) {
            advance(twoIntervals);
            here.maintenance().sweep();
            assertEquals(LineSet.SetState.RETIRED, registry.state(first.name()));
            there.versions().hold(registry.read().lineSet(first.name()));
        }
        advance(GRACE);
        here.maintenance().sweep();
        assertEquals(LineSet.SetState.FREE, registry.state(first.name()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aVersionIsKeptWhileItIsHeld(boolean dropped) throws Exception {
        LineSet first = publish(here);
        there.versions().hold(first);
        if (dropped) {
            here.versions().drop(NAME);
        } else {
            publish(here);
        }
        for (int i = 0; i < 20; i++) {
            there.versions().hold(first);
            advance(GRACE.dividedBy(2));
            here.maintenance().sweep();
            assertEquals(List.of(), registry.truncated, "after " + i + " holds");
        }
        advance(GRACE);
        here.maintenance().sweep();
        assertEquals(List.of(first.name()), registry.truncated);
    }

    /** It is repeated while the client still uses a node that has died. */
    @Test
    void theGraceBeginsWhenThePublicationIsWritten() throws Exception {
        LineSet first = publish(here);
        HeldBuild second = here.builds().begin(request(NAME));
        registry.beforeUpdate = () -> advance(GRACE);
        Manifest manifest = second.commit(content(), "a layout", 1, List.of());
        there.maintenance().sweep();
        assertEquals(LineSet.SetState.RETIRED, registry.state(first.name()));
        assertEquals(now.get() - GRACE.toMillis(), manifest.createdAt().toEpochMilli());
    }

    @Test
    void holdsEndAtTheLimit() throws Exception {
        LineSet first = publish(here);
        publish(here);
        long retired = now.get();
        while (registry.truncated.isEmpty()) {
            there.versions().hold(first);
            advance(GRACE.dividedBy(2));
            here.maintenance().sweep();
            assertTrue(now.get() <= retired + Versions.MAX_HOLD.plus(GRACE).toMillis());
        }
        assertTrue(now.get() >= retired + Versions.MAX_HOLD.toMillis());
    }

    @Test
    void holdsOfManyServersCauseOneWriteOfTheRegistry() throws Exception {
        LineSet first = publish(here);
        publish(here);
        int before = registry.writes;
        for (int server = 0; server < 10; server++) {
            there.versions().hold(first);
            advance(Duration.ofMillis(100));
        }
        assertEquals(1, registry.writes - before);
    }

    @Test
    void aHoldOfAReusedSetDoesNothing() throws Exception {
        LineSet first = publish(here);
        publish(here);
        advance(GRACE);
        here.maintenance().sweep();
        Registry before = registry.read();
        there.versions().hold(first);
        publish(here);
        publish(here);
        Registry reused = registry.read();
        assertEquals(LineSet.SetState.RETIRED, registry.state(first.name()));
        there.versions().hold(first);
        assertEquals(reused, registry.read());
        assertEquals(first.build(), before.lineSet(first.name()).build());
        assertEquals(3, reused.lineSet(first.name()).build());
    }
}
