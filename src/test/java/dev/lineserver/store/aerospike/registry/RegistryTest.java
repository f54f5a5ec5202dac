package dev.lineserver.store.aerospike.registry;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.aerospike.AerospikeSettings;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** Gives each test a scripted registry, a clock, and two processes that use them. */
abstract class RegistryTest {
    static final DatasetName NAME = new DatasetName("sample");
    static final Duration LEASE = Duration.ofSeconds(30);
    static final Duration GRACE = AerospikeSettings.WriteLimits.DEFAULT.grace();

    final ScriptedRegistry registry = new ScriptedRegistry();
    final AtomicLong now = new AtomicLong(1_000_000);
    private final InstantSource clock = () -> Instant.ofEpochMilli(now.get());
    private final List<Peer> peers = new ArrayList<>();
    final Peer here = peer(LEASE);
    final Peer there = peer(LEASE);

    /** What a process uses the registry with. */
    record Peer(Maintenance maintenance, Builds builds, Versions versions) {}

    final Peer peer(Duration lease) {
        Maintenance maintenance = new Maintenance(registry, GRACE, clock);
        Peer peer = new Peer(
                maintenance,
                new Builds(registry, maintenance, lease, clock),
                new Versions(registry, maintenance, clock));
        peers.add(peer);
        return peer;
    }

    @AfterEach
    final void closeInterruptedSoThatNothingWaitsForTheGrace() {
        Thread.currentThread().interrupt();
        peers.forEach(peer -> peer.maintenance().close());
        assertTrue(Thread.interrupted());
    }

    static BuildRequest request(DatasetName dataset) {
        return new BuildRequest(dataset, "texts/sample.txt", null, false, 0, false, LinesPerRecord.ONE, false, false);
    }

    static Content content() {
        return new Content(1, 2, ContentDigest.parse("0".repeat(32)), 1, true);
    }

    final LineSet publish(Peer peer) throws StoreException {
        HeldBuild build = peer.builds().begin(request(NAME));
        build.commit(content(), "a layout", 1, List.of());
        return registry.read().lineSet(build.set().name());
    }

    final void advance(Duration time) {
        now.addAndGet(time.toMillis());
    }
}
