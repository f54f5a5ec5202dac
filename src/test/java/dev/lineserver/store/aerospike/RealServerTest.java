package dev.lineserver.store.aerospike;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Await;
import dev.lineserver.store.Build;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.Finding;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.TextShape;
import dev.lineserver.store.aerospike.registry.LineSet;
import dev.lineserver.store.aerospike.registry.Registry;
import dev.lineserver.store.aerospike.registry.RegistryAccess;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests that need a real server: many lines, truncation, and the storage that records use. */
final class RealServerTest {
    private static final int READS_AT_ONCE = 500;

    private final EventLoopGroup callerLoops = new NioEventLoopGroup(2);
    private AerospikeStore store;
    private ConnectedCluster cluster;

    @BeforeEach
    void connect() throws Exception {
        TestSettings settings =
                TestSettings.of(RealAerospike.oneNode(RealServerTest.class)).grace(Duration.ZERO);
        store = AerospikeStore.connect(settings.settings(), callerLoops);
        cluster = ConnectedCluster.connect(settings.settings(), TestSettings.LOOPS);
        for (DatasetListing dataset : store.datasets()) {
            store.drop(dataset.name());
        }
    }

    @AfterEach
    void close() throws Exception {
        if (store != null) {
            store.drop(FakeNodeTest.NAME);
            store.close();
            cluster.close();
        }
        assertFalse(callerLoops.isShuttingDown(), "the store must not shut down the event loops of its caller");
        callerLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }

    /** Community Edition, which the tests use, has none. */
    @Test
    void aRealServerWithoutUsersIsNamedAsSuch() {
        TestSettings settings =
                TestSettings.of(RealAerospike.oneNode(RealServerTest.class)).credentials("bob", "secret");
        String message = String.valueOf(
                assertThrows(StoreFailedException.class, () -> AerospikeStore.connect(settings.settings(), callerLoops))
                        .getMessage());
        assertTrue(message.contains("have no users"), message);
    }

    /** A real server reports the figures by the names that the checks expect. */
    @Test
    void aRealServerIsDiagnosed() throws Exception {
        Map<String, String> found = new TreeMap<>();
        for (Finding finding : store.diagnose()) {
            // The default policy of a server is one that the checks warn about.
            if (!finding.found().contains("conflict-resolution-policy generation")) {
                assertEquals(Finding.Severity.OK, finding.severity(), finding.toString());
                found.put(finding.check(), finding.found());
            }
        }
        assertEquals(List.of("layouts", "namespace lines", "nodes"), List.copyOf(found.keySet()));
        assertTrue(
                found.getOrDefault("namespace lines", "")
                        .matches(
                                ".*: [\\d,]+ records, \\d+ % of its storage used, writes stop at [1-9]\\d %, copies: 1"),
                found.toString());
    }

    @Test
    void severalHundredThousandLinesComeBackByteForByte() throws Exception {
        byte[] content = text(300_000);
        List<byte[]> lines = Samples.linesOf(content);
        try (Snapshot snapshot = store.open(FakeNodeTest.put(store, content, LinesPerRecord.ONE))) {
            for (int first = 0; first < lines.size(); first += READS_AT_ONCE) {
                List<CompletableFuture<Lookup>> batch = new ArrayList<>();
                for (int i = first; i < Math.min(lines.size(), first + READS_AT_ONCE); i++) {
                    batch.add(snapshot.lookup(i).toCompletableFuture());
                }
                for (int i = 0; i < batch.size(); i++) {
                    Lookup found = batch.get(i).get(10, TimeUnit.SECONDS);
                    assertArrayEquals(
                            lines.get(first + i),
                            assertInstanceOf(Lookup.Found.class, found).line());
                }
            }
        }
    }

    @Test
    void aSetIsReusedRepeatedlyWithoutLosingALine() throws Exception {
        byte[] content = text(20_000);
        int before = new RegistryRecord(cluster).read().sets().size();
        for (int i = 0; i < 6; i++) {
            Manifest manifest = FakeNodeTest.put(store, content, LinesPerRecord.ONE);
            try (Snapshot snapshot = store.open(manifest)) {
                Lookup last = Await.result(snapshot.lookup(manifest.lineCount() - 1));
                assertInstanceOf(Lookup.Found.class, last);
            }
            store.drop(FakeNodeTest.NAME);
        }
        Registry registry = new RegistryRecord(cluster).read();
        assertTrue(
                registry.sets().size() <= before + 6, registry.sets().keySet().toString());
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            Map<String, RegistryAccess.SetCount> counts = new RegistryRecord(cluster).setCounts();
            return registry.sets().keySet().stream()
                    .map(set -> counts.getOrDefault(set, RegistryAccess.SetCount.NONE))
                    .allMatch(RegistryAccess.SetCount.NONE::equals);
        });
        try (Snapshot snapshot = store.open(FakeNodeTest.put(store, content, LinesPerRecord.ONE))) {
            FakeNodeTest.assertHolds(snapshot, content);
        }
        assertEquals(
                registry.sets().keySet(),
                new RegistryRecord(cluster).read().sets().keySet(),
                "a set is reused");
    }

    @Test
    void aDiscardedBuildLeavesNoRecord() throws Exception {
        LineSet set;
        try (Build build = FakeNodeTest.begin(store, LinesPerRecord.ONE, false)) {
            FakeNodeTest.add(build, text(20_000));
            build.suspend();
            set = new RegistryRecord(cluster)
                    .read().sets().values().stream()
                            .filter(candidate -> candidate.state() == LineSet.SetState.BUILDING)
                            .findFirst()
                            .orElseThrow();
        }
        assertTrue(store.discardBuild(FakeNodeTest.NAME));
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            RegistryAccess.SetCount count =
                    new RegistryRecord(cluster).setCounts().get(set.name());
            return RegistryAccess.SetCount.NONE.equals(count);
        });
    }

    @Test
    void thePlanMatchesTheStorageUsed() throws Exception {
        byte[] content = text(50_000);
        Plan plan = store.plan(shape(content), 0, LinesPerRecord.ONE);
        assertTrue(plan.fits(), plan.obstacles().toString());
        FakeNodeTest.put(store, content, LinesPerRecord.ONE);
        LineSet set = new RegistryRecord(cluster)
                .read().sets().values().stream()
                        .filter(candidate -> candidate.state() == LineSet.SetState.LIVE)
                        .findFirst()
                        .orElseThrow();
        String figures = cluster.info(cluster.nodes().getFirst(), "sets/lines/" + set.name());
        long taken = ConnectedCluster.longValue(
                ConnectedCluster.parsePairs(figures.replace(";", ""), ':'), "data_used_bytes", 0);
        long planned = ClusterPlanTest.figure(plan, "storage");
        assertEquals(50_000, ClusterPlanTest.figure(plan, "records"));
        assertTrue(planned >= taken && planned < taken * 1.15, planned + " planned, " + taken + " taken");
    }

    @Test
    void thePlanReportsATextThatDoesNotFit() throws Exception {
        long lines = 100_000_000_000L;
        Plan plan =
                store.plan(new TextShape(lines, lines * 10, 9, new long[] {lines, 0}, 0, false), 0, LinesPerRecord.ONE);
        assertFalse(plan.fits());
        assertEquals(lines * 64, ClusterPlanTest.figure(plan, "index-ram"));
    }

    private static TextShape shape(byte[] content) {
        long[] classes = new long[64];
        long longest = 0;
        for (byte[] line : Samples.linesOf(content)) {
            classes[line.length / TextShape.LENGTH_STEP]++;
            longest = Math.max(longest, line.length);
        }
        return new TextShape(Samples.linesOf(content).size(), content.length, longest, classes, 0, false);
    }

    private static byte[] text(int lines) {
        Random random = new Random(lines);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int i = 0; i < lines; i++) {
            text.writeBytes(
                    (i + " " + "lorem ipsum ".repeat(random.nextInt(12)) + "\n").getBytes(StandardCharsets.US_ASCII));
        }
        return text.toByteArray();
    }
}
