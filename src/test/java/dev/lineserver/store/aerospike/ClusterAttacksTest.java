package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import com.aerospike.client.cluster.Partition;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Attacks three nodes with two replicas of each record while threads read all the time and compare each line. The same attacks
 * on real nodes are in {@code src/bench/chaos.sh}.
 */
final class ClusterAttacksTest extends FakeClusterTest {
    private static final byte[] CONTENT = Samples.random(2_000, 60, 44);
    private static final List<byte[]> LINES = Samples.linesOf(CONTENT);
    private static final int READERS = 32;

    /** Answers that are awaited before, during and after an attack. */
    private static final int ANSWERS = 1_000;

    enum Attack {
        KILL {
            @Override
            void begin(FakeAerospikeNode node) throws IOException {
                node.close();
            }
        },
        REFUSE_CONNECTIONS {
            @Override
            void begin(FakeAerospikeNode node) throws IOException {
                node.goDown();
            }
        },
        SILENCE {
            @Override
            void begin(FakeAerospikeNode node) {
                node.info.silent = true;
                node.faults.withholdAnswers(Integer.MAX_VALUE, _ -> true);
            }
        },
        SLOW_50 {
            @Override
            void begin(FakeAerospikeNode node) {
                node.faults.delayAnswers(50, _ -> true);
            }
        },
        SLOW_500 {
            @Override
            void begin(FakeAerospikeNode node) {
                node.faults.delayAnswers(500, _ -> true);
            }
        };

        abstract void begin(FakeAerospikeNode node) throws IOException;

        final void end(FakeAerospikeNode node) {
            node.comeBack();
            node.info.silent = false;
            node.faults.clear();
        }
    }

    private final AtomicLong right = new AtomicLong();
    private final AtomicLong unavailable = new AtomicLong();
    private final Set<Integer> unavailableLines = ConcurrentHashMap.newKeySet();
    private final Set<String> wrong = ConcurrentHashMap.newKeySet();
    private volatile boolean ended;

    private AerospikeStore connect(Duration deadline) throws Exception {
        TestSettings settings =
                TestSettings.of(List.of(nodes.getFirst().host(), nodes.get(1).host()));
        return connect(settings.readDeadline(deadline));
    }

    /** Stores the lines, and reads them from now on. */
    private void readAllTheTime(AerospikeStore store) throws Exception {
        Snapshot snapshot = store.open(FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE));
        List<Thread> readers = new ArrayList<>();
        open.add(snapshot);
        open.add(() -> {
            ended = true;
            for (Thread reader : readers) {
                reader.join();
            }
        });
        for (int i = 0; i < READERS; i++) {
            Random random = new Random(i);
            readers.add(Thread.ofVirtual().start(() -> {
                while (!ended) {
                    int line = random.nextInt(LINES.size());
                    @Nullable String fault = read(snapshot, line);
                    if (fault != null) {
                        wrong.add("line index " + line + ": " + fault);
                    }
                }
            }));
        }
    }

    /** Returns what is wrong with the answer, or null. */
    private @Nullable String read(Snapshot snapshot, int line) {
        try {
            Lookup lookup = FakeNodeTest.await(snapshot, line);
            boolean isRight = lookup instanceof Lookup.Found found && Arrays.equals(LINES.get(line), found.line());
            right.incrementAndGet();
            return isRight ? null : lookup.toString();
        } catch (StoreUnavailableException _) {
            unavailable.incrementAndGet();
            unavailableLines.add(line);
            return null;
        } catch (Exception e) {
            return e.toString();
        }
    }

    private void awaitAnswers() {
        long before = right.get();
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> right.get() > before + ANSWERS);
    }

    private void begin(Attack attack, int node) {
        try {
            attack.begin(nodes.get(node));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @EnumSource
    void readsSurviveTheLossOfANode(Attack attack) throws Exception {
        readAllTheTime(connect(Duration.ofSeconds(10)));
        awaitAnswers();
        begin(attack, 2);
        awaitAnswers();
        awaitAnswers();
        attack.end(nodes.get(2));
        awaitAnswers();
        assertEquals(Set.of(), wrong);
        assertTrue(
                unavailable.get() * 1_000 <= right.get() + unavailable.get(),
                unavailable + " unavailable, " + right + " right");
    }

    @ParameterizedTest
    @EnumSource(names = {"REFUSE_CONNECTIONS", "SILENCE"})
    void ofTwoLostNodesOnlyTheLinesWithoutACopyFail(Attack attack) throws Exception {
        AerospikeStore store = connect(Duration.ofMillis(1_500));
        readAllTheTime(store);
        LineRecords records = FakeNodeTest.firstSet(store, LineLayout.SINGLE);
        awaitAnswers();
        // While the threads start, a lookup may be late.
        unavailableLines.clear();
        begin(attack, 0);
        begin(attack, 1);
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> unavailable.get() > READERS);
        assertEquals(Set.of(), wrong);
        for (int line : unavailableLines) {
            int partition = Partition.getPartitionId(records.line(line).digest);
            // Its second copy is on the next node.
            assertEquals(0, partition % NODES, "line index " + line);
        }
        attack.end(nodes.get(0));
        attack.end(nodes.get(1));
        awaitAnswers();
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
            long failed = unavailable.get();
            awaitAnswers();
            return unavailable.get() == failed;
        });
        assertEquals(Set.of(), wrong);
    }
}
