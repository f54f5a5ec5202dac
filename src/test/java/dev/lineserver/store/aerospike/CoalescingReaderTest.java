package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.listener.BatchListListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.ReadStatistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Tests the lanes with scripted nodes and a scripted clock. Replica {@code r} of line {@code i} is on node
 * {@code (i + r) % 3}.
 */
final class CoalescingReaderTest {
    private static final int NODES = 3;
    private final ReadStatistics statistics = new ReadStatistics();
    private ScriptedLoop loop;
    private CoalescingReader<String> reader;

    @BeforeEach
    void open() {
        loop = new ScriptedLoop();
        reader = new CoalescingReader<>(loop, Duration.ofMillis(900), statistics);
    }

    /** A command that a node has received but not answered. */
    private record SentCommand(String node, List<BatchRead> reads, BatchListListener listener) {
        void answer() {
            reads.forEach(read -> read.setRecord(new Record(Map.of("from", node), 1, 0)));
            listener.onSuccess(reads);
        }

        void fail(int code) {
            listener.onFailure(new AerospikeException(code));
        }
    }

    /** Collects the tasks of an event loop, and runs them when the test advances its iterations and its clock. */
    private static final class ScriptedLoop implements NodeLink<String> {
        private final ArrayDeque<Runnable> endOfIteration = new ArrayDeque<>();
        private final TreeMap<Long, List<Runnable>> scheduled = new TreeMap<>();
        private final List<SentCommand> inFlight = new ArrayList<>();
        private final Set<String> removed = new HashSet<>();
        private final Map<String, Throwable> throwing = new HashMap<>();
        private int replicas = 2;
        private int commands;
        private int mostInFlight;
        private long now = 1_000_000_000;

        /** Number of times that the clock and the loop are used before an error, which any allocation may throw. */
        private int usesBeforeError = Integer.MAX_VALUE;

        @Override
        public int replicaCount() {
            return replicas;
        }

        @Override
        public @Nullable String node(Key key, int replica) {
            String node = ("node" + (key.userKey.toLong() + replica) % NODES).intern();
            return removed.contains(node) ? null : node;
        }

        @Override
        public boolean isActive(String node) {
            return !removed.contains(node);
        }

        @Override
        public void send(String node, List<BatchRead> reads, BatchListListener listener) {
            commands++;
            switch (throwing.get(node)) {
                case null -> {}
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case Throwable failure -> throw new AssertionError(failure);
            }
            inFlight.add(new SentCommand(node, reads, listener));
            mostInFlight = Math.max(mostInFlight, commandsTo(node).size());
        }

        @Override
        public void atEndOfIteration(Runnable task) {
            use();
            endOfIteration.add(task);
        }

        @Override
        public void schedule(long millis, Runnable task) {
            use();
            scheduled
                    .computeIfAbsent(now + millis * 1_000_000, _ -> new ArrayList<>())
                    .add(task);
        }

        @Override
        public long nanoTime() {
            use();
            return now;
        }

        private void use() {
            if (usesBeforeError-- == 0) {
                throw new OutOfMemoryError("scripted");
            }
        }

        /** Runs a task. An event loop survives what it throws. */
        private static void run(Runnable task) {
            try {
                task.run();
            } catch (OutOfMemoryError e) {
                assertEquals("scripted", e.getMessage());
            }
        }

        private List<SentCommand> commandsTo(String node) {
            return inFlight.stream().filter(sent -> sent.node.equals(node)).toList();
        }

        private void endIteration() {
            while (!endOfIteration.isEmpty()) {
                run(endOfIteration.removeFirst());
            }
        }

        /** Advances the clock tick by tick, like an event loop that is not blocked. */
        private void advance(long millis) {
            long end = now + millis * 1_000_000;
            endIteration();
            while (!scheduled.isEmpty() && scheduled.firstKey() <= end) {
                now = Math.max(now, scheduled.firstKey());
                scheduled.pollFirstEntry().getValue().forEach(ScriptedLoop::run);
                endIteration();
            }
            now = end;
        }

        /** Lets all nodes but the silent ones answer, until they have no commands left. */
        private void answerAllBut(String... silent) {
            endIteration();
            List<SentCommand> answered;
            do {
                answered = inFlight.stream()
                        .filter(sent -> !List.of(silent).contains(sent.node))
                        .toList();
                inFlight.removeAll(answered);
                answered.forEach(SentCommand::answer);
                endIteration();
            } while (!answered.isEmpty());
        }

        private void answerAll() {
            answerAllBut();
        }
    }

    /** The outcome of a read, once it is completed. */
    private static final class ReadOutcome {
        private boolean done;
        private @Nullable String from;
        private @Nullable AerospikeException failure;

        private ReadOutcome(CompletableFuture<@Nullable Record> read) {
            CompletableFuture<?> _ = read.whenComplete((record, thrown) -> {
                done = true;
                failure = (AerospikeException) thrown;
                from = record == null ? "missing" : String.valueOf(record.bins.get("from"));
            });
        }
    }

    private ReadOutcome read(long line) {
        return new ReadOutcome(reader.read(new ReadRequest(new Key("lines", "a", line))));
    }

    private List<ReadOutcome> readAll(int lines) {
        List<ReadOutcome> answers = new ArrayList<>();
        for (int i = 0; i < lines; i++) {
            answers.add(read(i));
        }
        return answers;
    }

    private static void assertAnswered(List<ReadOutcome> answers) {
        for (int i = 0; i < answers.size(); i++) {
            ReadOutcome answer = answers.get(i);
            assertNull(answer.failure, "line " + i);
            assertTrue(answer.done, "line " + i);
        }
    }

    private void assertSlotsAreFree() {
        assertSlotsAreFree(NODES);
    }

    private void assertSlotsAreFree(int nodes) {
        List<ReadOutcome> answers = readAll(12);
        loop.endIteration();
        assertEquals(nodes, loop.inFlight.size(), "one command per node");
        loop.answerAll();
        assertAnswered(answers);
    }

    @Test
    void readsOfOneIterationAreSentAsOneCommandPerNode() {
        List<ReadOutcome> answers = readAll(9);
        assertEquals(0, loop.commands, "nothing is sent before the iteration ends");
        loop.endIteration();
        assertEquals(3, loop.commands);
        loop.answerAll();
        assertAnswered(answers);
        for (int i = 0; i < 9; i++) {
            assertEquals("node" + i % NODES, answers.get(i).from);
        }
    }

    @Test
    void readsBeyondTwoCommandsInFlightAreSentInOrderWithTheNextCommand() {
        read(0);
        loop.endIteration();
        read(3);
        loop.endIteration();
        for (int line = 6; line < 21; line += 3) {
            read(line);
            loop.endIteration();
        }
        assertEquals(2, loop.inFlight.size());
        loop.inFlight.removeFirst().answer();
        loop.endIteration();
        List<Long> keys = loop.inFlight.getLast().reads.stream()
                .map(read -> read.key.userKey.toLong())
                .toList();
        assertEquals(List.of(6L, 9L, 12L, 15L, 18L), keys);
        assertEquals(2, loop.mostInFlight);
    }

    @Test
    void commandsRetriesAndRefusalsAreCounted() {
        List<ReadOutcome> answers = readAll(9);
        loop.endIteration();
        loop.advance(20);
        List<SentCommand> failing = loop.commandsTo("node0");
        loop.inFlight.removeAll(failing);
        failing.forEach(sent -> sent.fail(ResultCode.TIMEOUT));
        loop.answerAll();
        assertAnswered(answers);
        assertEquals(3, statistics.retries().sum(), "the lines of node 0");
        assertEquals(4, loop.commands);
        assertEquals(4, LongStream.of(statistics.nanos().counts()).sum());
        assertEquals(TimeUnit.MILLISECONDS.toNanos(60), statistics.nanos().sum(), "all but the retry took 20 ms");
        assertEquals(4, LongStream.of(statistics.records().counts()).sum());
        assertEquals(12, statistics.records().sum());
        assertEquals(0, statistics.refusals().sum());
        for (int i = 0; i < CoalescingReader.MAX_QUEUED_READS + 2; i++) {
            ReadOutcome _ = read(3L * i + 1);
        }
        assertEquals(2, statistics.refusals().sum());
    }

    /** A node that restarts is another one for the client, so each restart would leave a lane. */
    @Test
    void aNodeThatHasLeftTheClusterIsForgottenWithItsLastRead() {
        List<ReadOutcome> answers = readAll(9);
        loop.endIteration();
        loop.removed.add("node0");
        loop.advance(CoalescingReader.TICK_MILLIS);
        assertEquals(3, reader.laneCount());
        loop.answerAll();
        loop.advance(CoalescingReader.TICK_MILLIS);
        assertEquals(2, reader.laneCount());
        assertAnswered(answers);
        assertSlotsAreFree(2);
    }

    @Test
    void readsThatASilentNodeDoesNotAnswerAreCountedAsRetries() {
        List<ReadOutcome> answers = readAll(9);
        loop.answerAllBut("node0");
        loop.advance(200);
        loop.answerAllBut("node0");
        assertAnswered(answers);
        assertEquals(3, statistics.retries().sum());
    }

    @Test
    void readsBeyondTheQueueOfANodeFailAndReadsOfOtherNodesDoNot() {
        int beyond = 2;
        List<ReadOutcome> toNode0 = new ArrayList<>();
        for (int i = 0; i < CoalescingReader.MAX_QUEUED_READS + beyond; i++) {
            toNode0.add(read(3L * i));
        }
        ReadOutcome toNode1 = read(1);
        List<AerospikeException> refusals = toNode0.stream()
                .flatMap(answer -> Stream.ofNullable(answer.failure))
                .toList();
        assertEquals(beyond, refusals.size());
        for (AerospikeException refusal : refusals) {
            assertEquals(ResultCode.ASYNC_QUEUE_FULL, refusal.getResultCode());
            assertEquals(0, refusal.getStackTrace().length);
        }
        loop.answerAll();
        assertEquals("node1", toNode1.from);
        assertEquals(
                CoalescingReader.MAX_QUEUED_READS,
                toNode0.stream().filter(answer -> "node0".equals(answer.from)).count());
    }

    /** A silent node delays only its own lines, once, until it counts as suspect. */
    @Test
    void linesOfASilentNodeAreReadFromTheOtherReplicaWithoutDelayingOtherLines() {
        List<ReadOutcome> answers = readAll(12);
        loop.answerAllBut("node0");
        for (int i = 0; i < 12; i++) {
            assertEquals(i % NODES != 0, answers.get(i).done, "line " + i);
        }
        List<ReadOutcome> queued = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            queued.add(read(0));
            queued.add(read(1));
            loop.answerAllBut("node0");
        }
        loop.advance(90);
        loop.answerAllBut("node0");
        assertAnswered(answers);
        assertAnswered(queued);
        int commandsToNode0 = loop.commandsTo("node0").size();
        List<ReadOutcome> later = readAll(12);
        loop.answerAllBut("node0");
        assertAnswered(later);
        assertEquals(commandsToNode0, loop.commandsTo("node0").size(), "a suspect node is avoided");
    }

    @Test
    void aSuspectNodeIsProbedWithoutDelayAndUsedAgainAfterItAnswers() {
        read(0);
        loop.endIteration();
        loop.inFlight.removeFirst().fail(ResultCode.SERVER_NOT_AVAILABLE);
        loop.answerAll();
        loop.advance(100);
        ReadOutcome soon = read(0);
        loop.endIteration();
        assertEquals(0, loop.commandsTo("node0").size(), "too soon for a probe");
        loop.answerAll();
        assertEquals("node1", soon.from);
        loop.advance(300);
        ReadOutcome probe = read(0);
        loop.endIteration();
        assertEquals(1, loop.commandsTo("node0").size());
        loop.answerAllBut("node0");
        assertEquals("node1", probe.from);
        loop.answerAll();
        assertEquals("node1", probe.from, "the late answer of the probe is ignored");
        ReadOutcome after = read(0);
        loop.answerAll();
        assertEquals("node0", after.from);
    }

    /** The line was tried at both replicas: one failed it and has recovered since, and the other is silent. */
    @Test
    void aLineThatWaitsForASilentNodeIsReadFromAReplicaThatHasRecovered() {
        ReadOutcome waiting = read(0);
        loop.endIteration();
        loop.inFlight.removeFirst().fail(ResultCode.SERVER_NOT_AVAILABLE);
        loop.endIteration();
        assertEquals(1, loop.commandsTo("node1").size());
        loop.advance(90);
        ReadOutcome other = read(3);
        loop.answerAllBut("node1");
        assertEquals("node0", other.from);
        loop.advance(20);
        loop.answerAllBut("node1");
        assertEquals("node0", waiting.from);
        loop.advance(100);
        assertEquals(0, loop.commandsTo("node0").size());
    }

    @ParameterizedTest
    @ValueSource(ints = {ResultCode.SERVER_NOT_AVAILABLE, ResultCode.TIMEOUT, ResultCode.MAX_ERROR_RATE})
    void linesOfADeadNodeAreReadFromTheOtherReplicaAtOnce(int code) {
        loop.throwing.put("node0", new AerospikeException(code));
        List<ReadOutcome> answers = readAll(12);
        loop.answerAll();
        assertAnswered(answers);
        int commands = loop.commands;
        assertAnswered(List.of(answerTo(0)));
        assertEquals(commands + 1, loop.commands, "a suspect node is avoided");
    }

    private ReadOutcome answerTo(long line) {
        ReadOutcome answer = read(line);
        loop.answerAll();
        return answer;
    }

    @Test
    void aRemovedNodeReceivesNoReads() {
        loop.removed.add("node0");
        assertEquals("node1", answerTo(0).from);
        loop.removed.add("node1");
        ReadOutcome nowhere = answerTo(0);
        assertTrue(nowhere.done);
        assertTrue(nowhere.failure != null && nowhere.failure.getResultCode() == ResultCode.INVALID_NODE_ERROR);
    }

    @Test
    void everyReadEndsByItsDeadlineEvenIfTheClientNeverAnswers() {
        List<ReadOutcome> answers = readAll(12);
        loop.endIteration();
        loop.advance(889);
        answers.forEach(answer -> assertFalse(answer.done));
        loop.advance(10);
        for (ReadOutcome answer : answers) {
            assertTrue(answer.done);
            assertTrue(answer.failure != null && answer.failure.getResultCode() == ResultCode.TIMEOUT);
        }
    }

    @Test
    void commandsThatTheClientLosesReleaseTheirSlots() {
        readAll(12);
        loop.endIteration();
        loop.advance(10_000);
        List<SentCommand> lost = List.copyOf(loop.inFlight);
        loop.inFlight.clear();
        assertSlotsAreFree();
        lost.forEach(SentCommand::answer);
        assertSlotsAreFree();
    }

    @Test
    void aBlockedEventLoopMakesNoNodeSuspect() {
        List<ReadOutcome> answers = readAll(3);
        loop.endIteration();
        loop.now += 500_000_000;
        loop.advance(0);
        assertEquals(3, loop.commands, "no read was sent to another replica");
        loop.answerAll();
        assertAnswered(answers);
        assertEquals("node0", answerTo(0).from);
    }

    @Test
    void readsWithoutAnotherReplicaAreNotSentTwice() {
        loop.replicas = 1;
        List<ReadOutcome> answers = readAll(3);
        loop.endIteration();
        loop.advance(300);
        assertEquals(3, loop.commands);
        loop.answerAll();
        assertAnswered(answers);
    }

    @ParameterizedTest
    @ValueSource(classes = {IllegalStateException.class, OutOfMemoryError.class, AerospikeException.class})
    void anyExceptionOfTheClientCompletesItsReadsAndReleasesItsSlots(Class<? extends Throwable> kind) throws Exception {
        for (int node = 0; node < NODES; node++) {
            loop.throwing.put("node" + node, kind.getConstructor(String.class).newInstance("scripted"));
        }
        List<ReadOutcome> answers = readAll(12);
        loop.answerAll();
        for (ReadOutcome answer : answers) {
            assertTrue(answer.done);
            assertTrue(answer.failure != null);
        }
        loop.throwing.clear();
        assertSlotsAreFree();
    }

    @Test
    void anErrorAtAnyMomentLosesNoRead() {
        for (int uses = 0; uses < 200; uses++) {
            open();
            loop.usesBeforeError = uses;
            List<ReadOutcome> answers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                int line = i;
                ScriptedLoop.run(() -> answers.add(read(line)));
                // Two commands to each node leave. The other reads are queued.
                loop.endIteration();
            }
            // The first node does not answer, so that its reads move to another one.
            ScriptedLoop.run(() -> loop.answerAllBut("node0"));
            for (int i = 0; i < 10; i++) {
                loop.advance(50);
                // If the next check could not be scheduled, the next read does.
                ScriptedLoop.run(() -> read(1));
                ScriptedLoop.run(() -> loop.answerAllBut("node0"));
            }
            loop.advance(1_000);
            int moment = uses;
            answers.forEach(answer -> assertTrue(answer.done, () -> "error at use " + moment));
            assertTrue(answers.size() >= 11, "a read that throws is the caller's");
        }
    }

    @Test
    void aCallerThatThrowsDoesNotAffectOtherReads() {
        List<ReadOutcome> answers = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            CompletableFuture<@Nullable Record> read = reader.read(new ReadRequest(new Key("lines", "a", i)));
            CompletableFuture<?> _ = read.thenRun(() -> {
                throw new OutOfMemoryError("scripted");
            });
            answers.add(new ReadOutcome(read));
        }
        loop.answerAll();
        assertAnswered(answers);
        assertSlotsAreFree();
    }

    @Test
    void aRecordThatOneReplicaCannotReadIsReadFromTheOther() {
        ReadOutcome answer = read(0);
        read(3);
        loop.endIteration();
        SentCommand batch = loop.inFlight.removeFirst();
        batch.reads.getFirst().setError(ResultCode.PARTITION_UNAVAILABLE, false);
        batch.reads.getLast().setRecord(new Record(Map.of("from", "node0"), 1, 0));
        batch.listener.onSuccess(batch.reads);
        loop.answerAll();
        assertEquals("node1", answer.from);
    }

    @Test
    void transientFailuresAreAttemptedThreeTimesAndPermanentOnesOnce() {
        loop.replicas = 1;
        loop.throwing.put("node0", new AerospikeException(ResultCode.TIMEOUT));
        assertTrue(answerTo(0).failure != null);
        assertEquals(3, loop.commands);
        loop.throwing.put("node0", new AerospikeException(ResultCode.ROLE_VIOLATION));
        assertTrue(answerTo(0).failure != null);
        assertEquals(4, loop.commands);
    }

    @Test
    void aMissingRecordCompletesItsRead() {
        ReadOutcome answer = read(0);
        loop.endIteration();
        SentCommand sent = loop.inFlight.removeFirst();
        sent.reads.getFirst().setError(ResultCode.KEY_NOT_FOUND_ERROR, false);
        sent.listener.onSuccess(sent.reads);
        assertEquals("missing", answer.from);
    }

    @Test
    void noTimerRunsWhileNothingIsPending() {
        assertNull(answerTo(0).failure);
        loop.advance(100);
        assertTrue(loop.scheduled.isEmpty());
        assertFalse(loop.inFlight.iterator().hasNext());
    }
}
