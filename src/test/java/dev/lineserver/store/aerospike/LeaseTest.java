package dev.lineserver.store.aerospike;

import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Build;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests two processes that write to the same dataset. */
final class LeaseTest extends FakeNodeTest {
    private static final byte[] CONTENT = Samples.random(500, 60, 31);

    @Test
    void anotherProcessIsRefusedWhileTheBuildRuns() throws Exception {
        AerospikeStore here = connect(settings().lease(Duration.ofSeconds(3)));
        AerospikeStore there = connect(settings());
        try (Build build = begin(here)) {
            long start = System.nanoTime();
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
                assertTrue(assertThrows(StoreFailedException.class, () -> begin(there))
                        .getMessage()
                        .contains("process " + ProcessHandle.current().pid()));
                return System.nanoTime() - start > Duration.ofSeconds(4).toNanos();
            });
            add(build, CONTENT);
            commit(build, CONTENT);
        }
        assertEquals(2, put(there, CONTENT).version());
    }

    @Test
    void theLeaseOfADeadBuildExpiresAndItsRecordsAreDeleted() throws Exception {
        AerospikeStore dying = connect(settings().recordsPerBatch(10).lease(Duration.ofSeconds(2)));
        AerospikeStore other = connect(settings());
        Build abandoned = begin(dying);
        add(abandoned, CONTENT);
        Awaitility.await().until(() -> node.records.count("_a") > 100);
        dying.close();
        Awaitility.await().ignoreException(StoreFailedException.class).until(() -> {
            try (Build next = begin(other)) {
                assertEquals(0, node.records.count("_a"));
                add(next, CONTENT);
                commit(next, CONTENT);
            }
            return true;
        });
        try (Snapshot snapshot = other.open(other.current(NAME).orElseThrow())) {
            assertEquals(1, snapshot.manifest().version());
            assertHolds(snapshot, CONTENT);
        }
    }
}
