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

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.listener.BatchListListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The lanes of reads, over scripted nodes and a scripted clock: line {@code i} is on node {@code i % 3}, then the next. */
final class CoalescingReaderTest {
    private static final int NODES = 3;
    private final Script script = new Script();
    private final CoalescingReader<String> reader = new CoalescingReader<>(script, Duration.ofMillis(900));

    /** A command that a node has received and not answered. */
    private record Sent(String node, List<BatchRead> reads, BatchListListener listener) {
        void answer() {
            reads.forEach(read -> read.setRecord(new Record(Map.of("from", node), 1, 0)));
            listener.onSuccess(reads);
        }

        void fail(int code) {
            listener.onFailure(new AerospikeException(code));
        }
    }

    /** Collects the tasks of the loop, and runs them when the test says so. */
    private static final class Script implements NodeLink<String> {
        private final ArrayDeque<Runnable> endOfTurn = new ArrayDeque<>();
        private final TreeMap<Long, List<Runnable>> later = new TreeMap<>();
        private final List<Sent> inFlight = new ArrayList<>();
        private final Set<String> removed = new HashSet<>();
        private final Map<String, Throwable> throwing = new HashMap<>();
        private int copies = 2;
        private int commands;
        private int mostInFlight;
        private long now = 1_000_000_000;

        @Override
        public int copies() {
            return copies;
        }

        @Override
        public @Nullable String node(Key key, int copy) {
            String node = ("node" + (key.userKey.toLong() + copy) % NODES).intern();
            return removed.contains(node) ? null : node;
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
            inFlight.add(new Sent(node, reads, listener));
            mostInFlight = Math.max(mostInFlight, to(node).size());
        }

        @Override
        public void atEndOfTurn(Runnable task) {
            endOfTurn.add(task);
        }

        @Override
        public void after(long millis, Runnable task) {
            later.computeIfAbsent(now + millis * 1_000_000, _ -> new ArrayList<>())
                    .add(task);
        }

        @Override
        public long nanoTime() {
            return now;
        }

        private List<Sent> to(String node) {
            return inFlight.stream().filter(sent -> sent.node.equals(node)).toList();
        }

        private void endTurn() {
            while (!endOfTurn.isEmpty()) {
                endOfTurn.removeFirst().run();
            }
        }

        /** Lets time pass tick by tick, as a loop that is not held up does. */
        private void pass(long millis) {
            long end = now + millis * 1_000_000;
            endTurn();
            while (!later.isEmpty() && later.firstKey() <= end) {
                now = Math.max(now, later.firstKey());
                later.pollFirstEntry().getValue().forEach(Runnable::run);
                endTurn();
            }
            now = end;
        }

        /** Nodes that are not silent answer, until nothing is left to answer. */
        private void answerAllBut(String... silent) {
            endTurn();
            List<Sent> answered;
            do {
                answered = inFlight.stream()
                        .filter(sent -> !List.of(silent).contains(sent.node))
                        .toList();
                inFlight.removeAll(answered);
                answered.forEach(Sent::answer);
                endTurn();
            } while (!answered.isEmpty());
        }

        private void answerAll() {
            answerAllBut();
        }
    }

    /** The answer to a read, once there is one. A future has only one. */
    private static final class Answer {
        private boolean done;
        private @Nullable String from;
        private @Nullable AerospikeException failure;

        private Answer(CompletableFuture<@Nullable Record> read) {
            CompletableFuture<?> _ = read.whenComplete((record, thrown) -> {
                done = true;
                failure = (AerospikeException) thrown;
                from = record == null ? "missing" : String.valueOf(record.bins.get("from"));
            });
        }
    }

    private Answer read(long line) {
        return new Answer(reader.read(new Key("lines", "a", line)));
    }

    private List<Answer> readAll(int lines) {
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < lines; i++) {
            answers.add(read(i));
        }
        return answers;
    }

    private static void assertAnswered(List<Answer> answers) {
        for (int i = 0; i < answers.size(); i++) {
            Answer answer = answers.get(i);
            assertNull(answer.failure, "line " + i);
            assertTrue(answer.done, "line " + i);
        }
    }

    private void assertSlotsAreFree() {
        List<Answer> answers = readAll(12);
        script.endTurn();
        assertEquals(3, script.inFlight.size(), "one command per node");
        script.answerAll();
        assertAnswered(answers);
    }

    @Test
    void readsOfOneTurnTravelTogetherByNode() {
        List<Answer> answers = readAll(9);
        assertEquals(0, script.commands, "nothing leaves before the turn ends");
        script.endTurn();
        assertEquals(3, script.commands);
        script.answerAll();
        assertAnswered(answers);
        for (int i = 0; i < 9; i++) {
            assertEquals("node" + i % NODES, answers.get(i).from);
        }
    }

    @Test
    void whatFindsTwoCommandsInFlightLeavesWithTheNextInOrder() {
        read(0);
        script.endTurn();
        read(3);
        script.endTurn();
        for (int line = 6; line < 21; line += 3) {
            read(line);
            script.endTurn();
        }
        assertEquals(2, script.inFlight.size());
        script.inFlight.removeFirst().answer();
        script.endTurn();
        List<Long> keys = script.inFlight.getLast().reads.stream()
                .map(read -> read.key.userKey.toLong())
                .toList();
        assertEquals(List.of(6L, 9L, 12L, 15L, 18L), keys);
        assertEquals(2, script.mostInFlight);
    }

    @Test
    void readsBeyondTheBoundOfANodeAreRefusedAndOthersAreNot() {
        int beyond = 2;
        List<Answer> toNode0 = new ArrayList<>();
        for (int i = 0; i < CoalescingReader.MOST_QUEUED + beyond; i++) {
            toNode0.add(read(3L * i));
        }
        Answer toNode1 = read(1);
        assertEquals(
                beyond,
                toNode0.stream().filter(answer -> answer.failure != null).count());
        script.answerAll();
        assertEquals("node1", toNode1.from);
        assertEquals(
                CoalescingReader.MOST_QUEUED,
                toNode0.stream().filter(answer -> "node0".equals(answer.from)).count());
    }

    /** The structure of fault 24a: a silent node holds up its own lines only, for the patience, and once. */
    @Test
    void linesOfASilentNodeAreAnsweredByTheirOtherCopyAndOthersDoNotWait() {
        List<Answer> answers = readAll(12);
        script.answerAllBut("node0");
        for (int i = 0; i < 12; i++) {
            assertEquals(i % NODES != 0, answers.get(i).done, "line " + i);
        }
        List<Answer> queued = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            queued.add(read(0));
            queued.add(read(1));
            script.answerAllBut("node0");
        }
        script.pass(90);
        script.answerAllBut("node0");
        assertAnswered(answers);
        assertAnswered(queued);
        int toNode0 = script.to("node0").size();
        List<Answer> later = readAll(12);
        script.answerAllBut("node0");
        assertAnswered(later);
        assertEquals(toNode0, script.to("node0").size(), "a suspect node is avoided");
    }

    @Test
    void aSuspectNodeIsProbedAtNobodysCostAndUsedAgainWhenItAnswers() {
        read(0);
        script.endTurn();
        script.inFlight.removeFirst().fail(ResultCode.SERVER_NOT_AVAILABLE);
        script.answerAll();
        script.pass(100);
        Answer soon = read(0);
        script.endTurn();
        assertEquals(0, script.to("node0").size(), "too soon for a probe");
        script.answerAll();
        assertEquals("node1", soon.from);
        script.pass(300);
        Answer probe = read(0);
        script.endTurn();
        assertEquals(1, script.to("node0").size());
        script.answerAllBut("node0");
        assertEquals("node1", probe.from);
        script.answerAll();
        assertEquals("node1", probe.from, "the probe's own answer is ignored");
        Answer after = read(0);
        script.answerAll();
        assertEquals("node0", after.from);
    }

    @ParameterizedTest
    @ValueSource(ints = {ResultCode.SERVER_NOT_AVAILABLE, ResultCode.TIMEOUT, ResultCode.MAX_ERROR_RATE})
    void linesOfADeadNodeAreAnsweredByTheirOtherCopyAtOnce(int code) {
        script.throwing.put("node0", new AerospikeException(code));
        List<Answer> answers = readAll(12);
        script.answerAll();
        assertAnswered(answers);
        int commands = script.commands;
        assertAnswered(List.of(answerTo(0)));
        assertEquals(commands + 1, script.commands, "a suspect node is avoided");
    }

    private Answer answerTo(long line) {
        Answer answer = read(line);
        script.answerAll();
        return answer;
    }

    @Test
    void aNodeThatLeftTheClusterIsNotAsked() {
        script.removed.add("node0");
        assertEquals("node1", answerTo(0).from);
        script.removed.add("node1");
        Answer nowhere = answerTo(0);
        assertTrue(nowhere.done);
        assertTrue(nowhere.failure != null && nowhere.failure.getResultCode() == ResultCode.INVALID_NODE_ERROR);
    }

    @Test
    void theDeadlineHoldsWhateverTheClientDoes() {
        List<Answer> answers = readAll(12);
        script.endTurn();
        script.pass(889);
        answers.forEach(answer -> assertFalse(answer.done));
        script.pass(10);
        for (Answer answer : answers) {
            assertTrue(answer.done);
            assertTrue(answer.failure != null && answer.failure.getResultCode() == ResultCode.TIMEOUT);
        }
    }

    @Test
    void commandsThatTheClientLosesGiveTheirPlacesBack() {
        readAll(12);
        script.endTurn();
        script.pass(10_000);
        List<Sent> lost = List.copyOf(script.inFlight);
        script.inFlight.clear();
        assertSlotsAreFree();
        lost.forEach(Sent::answer);
        assertSlotsAreFree();
    }

    @Test
    void aLoopThatWasHeldUpItselfSuspectsNobody() {
        List<Answer> answers = readAll(3);
        script.endTurn();
        script.now += 500_000_000;
        script.pass(0);
        assertEquals(3, script.commands, "nothing was sent elsewhere");
        script.answerAll();
        assertAnswered(answers);
        assertEquals("node0", answerTo(0).from);
    }

    @Test
    void ifNoNodeAnswersNoReadIsSentTwiceForThat() {
        script.copies = 1;
        List<Answer> answers = readAll(3);
        script.endTurn();
        script.pass(300);
        assertEquals(3, script.commands);
        script.answerAll();
        assertAnswered(answers);
    }

    @ParameterizedTest
    @ValueSource(classes = {IllegalStateException.class, OutOfMemoryError.class, AerospikeException.class})
    void whateverTheClientThrowsEveryReadIsAnsweredAndTheNextAreSent(Class<? extends Throwable> kind) throws Exception {
        for (int node = 0; node < NODES; node++) {
            script.throwing.put("node" + node, kind.getConstructor(String.class).newInstance("scripted"));
        }
        List<Answer> answers = readAll(12);
        script.answerAll();
        for (Answer answer : answers) {
            assertTrue(answer.done);
            assertTrue(answer.failure != null);
        }
        script.throwing.clear();
        assertSlotsAreFree();
    }

    @Test
    void aCallerThatThrowsKeepsNoOtherReadFromItsAnswer() {
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            CompletableFuture<@Nullable Record> read = reader.read(new Key("lines", "a", i));
            CompletableFuture<?> _ = read.thenRun(() -> {
                throw new OutOfMemoryError("scripted");
            });
            answers.add(new Answer(read));
        }
        script.answerAll();
        assertAnswered(answers);
        assertSlotsAreFree();
    }

    @Test
    void aRecordThatOneCopyCannotReadIsReadFromTheOther() {
        Answer answer = read(0);
        read(3);
        script.endTurn();
        Sent batch = script.inFlight.removeFirst();
        batch.reads.getFirst().setError(ResultCode.PARTITION_UNAVAILABLE, false);
        batch.reads.getLast().setRecord(new Record(Map.of("from", "node0"), 1, 0));
        batch.listener.onSuccess(batch.reads);
        script.answerAll();
        assertEquals("node1", answer.from);
    }

    @Test
    void aReadIsTriedThreeTimesAndAFailureThatDoesNotPassOnce() {
        script.copies = 1;
        script.throwing.put("node0", new AerospikeException(ResultCode.TIMEOUT));
        assertTrue(answerTo(0).failure != null);
        assertEquals(3, script.commands);
        script.throwing.put("node0", new AerospikeException(ResultCode.ROLE_VIOLATION));
        assertTrue(answerTo(0).failure != null);
        assertEquals(4, script.commands);
    }

    @Test
    void aMissingRecordIsAnAnswer() {
        Answer answer = read(0);
        script.endTurn();
        Sent sent = script.inFlight.removeFirst();
        sent.reads.getFirst().setError(ResultCode.KEY_NOT_FOUND_ERROR, false);
        sent.listener.onSuccess(sent.reads);
        assertEquals("missing", answer.from);
    }

    @Test
    void theTimerRestsWhileNothingIsPending() {
        assertNull(answerTo(0).failure);
        script.pass(100);
        assertTrue(script.later.isEmpty());
        assertFalse(script.inFlight.iterator().hasNext());
    }
}
