package dev.lineserver.store.embedded;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class DiskReadsTest {
    private static final int MAX_QUEUED = 4;

    private final AtomicLong clock = new AtomicLong();
    private final DiskReads reads = new DiskReads(clock::get, MAX_QUEUED);

    @AfterEach
    void close() {
        reads.close();
    }

    @FunctionalInterface
    private interface Body<T> {
        T read() throws StoreException;
    }

    private static class TestRead<T> extends CompletableFuture<T> implements DiskReads.DiskRead {
        private final Body<T> body;
        private final int length;
        private @Nullable T value;

        TestRead(int length, Body<T> body) {
            this.length = length;
            this.body = body;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public void read() throws StoreException {
            value = body.read();
        }

        @Override
        public void afterRead() {
            complete(value);
        }
    }

    private <T> CompletableFuture<T> run(Body<T> body) {
        TestRead<T> reading = new TestRead<>(0, body);
        reads.run(reading);
        return reading;
    }

    /** A block of a range takes longer than a line, and must not move the lines of other requests to other threads. */
    @Test
    void aLargeReadMayTakeLonger() throws Exception {
        for (int i = 0; i < 10; i++) {
            TestRead<Thread> block = new TestRead<>(256 << 10, () -> {
                clock.addAndGet(DiskReads.SLOW_NANOS + (256 << 10));
                return Thread.currentThread();
            });
            reads.run(block);
            assertSame(Thread.currentThread(), await(block));
        }
        assertSame(Thread.currentThread(), read(0));
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get();
    }

    /** Makes a read of this duration, and returns the thread that made it. */
    private Thread read(long nanos) throws Exception {
        return await(run(() -> {
            clock.addAndGet(nanos);
            return Thread.currentThread();
        }));
    }

    @Test
    void readsLeaveTheCallingThreadAfterTwoSlowOnesAndReturnAfterEnoughFastOnes() throws Exception {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < DiskReads.FAST_READS_TO_FORGET; i++) {
                assertSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS));
            }
            assertSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS + 1));
            for (int i = 1; i < DiskReads.FAST_READS_TO_FORGET; i++) {
                assertSame(Thread.currentThread(), read(1));
            }
            assertSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS + 1));
            for (int i = 0; i < 10; i++) {
                assertNotSame(Thread.currentThread(), read(1));
            }
            assertNotSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS + 1));
            for (int i = 0; i < DiskReads.FAST_READS_TO_RETURN; i++) {
                assertNotSame(Thread.currentThread(), read(1));
            }
        }
    }

    @Test
    void slowReadsFarApartStayOnTheCallingThread() throws Exception {
        for (int round = 0; round < 3; round++) {
            assertSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS + 1));
            for (int i = 0; i < DiskReads.FAST_READS_TO_FORGET; i++) {
                assertSame(Thread.currentThread(), read(1));
            }
        }
    }

    @Test
    void aFailureCompletesTheReadOnEitherThread() throws Exception {
        StoreUnavailableException failure = new StoreUnavailableException("gone");
        for (int i = 0; i < 3; i++) {
            CompletionStage<Object> failed = run(() -> {
                clock.addAndGet(DiskReads.SLOW_NANOS + 1);
                throw failure;
            });
            assertSame(
                    failure,
                    assertThrows(ExecutionException.class, () -> await(failed)).getCause());
        }
    }

    @Test
    void readsBeyondTheQueueFailAtOnceAndNoOthersDo() throws Exception {
        read(DiskReads.SLOW_NANOS + 1);
        read(DiskReads.SLOW_NANOS + 1);
        CountDownLatch disk = new CountDownLatch(1);
        List<CompletableFuture<?>> accepted = new ArrayList<>();
        CompletableFuture<?> next = waiting(disk);
        while (!next.isDone()) {
            accepted.add(next);
            next = waiting(disk);
        }
        CompletableFuture<?> refused = next;
        assertInstanceOf(
                StoreUnavailableException.class,
                assertThrows(ExecutionException.class, refused::get).getCause());
        disk.countDown();
        for (CompletableFuture<?> read : accepted) {
            assertEquals("line", read.get());
        }
        assertTrue(accepted.size() >= MAX_QUEUED);
    }

    /** A burst may wait. But a disk that has answered nothing for a second keeps only a few requests. */
    @Test
    void aStalledDiskRefusesReadsEarlier() throws Exception {
        try (DiskReads slow = new DiskReads(clock::get, 3 * DiskReads.MIN_QUEUED)) {
            CountDownLatch disk = new CountDownLatch(1);
            List<TestRead<Object>> accepted = new ArrayList<>();
            for (int i = 0; i < 2 * DiskReads.MIN_QUEUED; i++) {
                TestRead<Object> read = waitingRead(disk);
                slow.runOnDiskThread(read);
                assertFalse(read.isDone());
                accepted.add(read);
            }
            clock.addAndGet(DiskReads.MAX_WAIT_NANOS);
            TestRead<Object> refused = waitingRead(disk);
            slow.runOnDiskThread(refused);
            StoreUnavailableException refusal = assertInstanceOf(
                    StoreUnavailableException.class,
                    assertThrows(ExecutionException.class, refused::get).getCause());
            assertEquals(0, refusal.getStackTrace().length, "it would cost more than the refusal");
            disk.countDown();
            for (TestRead<Object> read : accepted) {
                assertEquals("line", read.get());
            }
            TestRead<Object> later = waitingRead(disk);
            slow.runOnDiskThread(later);
            assertEquals("line", later.get());
        }
    }

    private static TestRead<Object> waitingRead(CountDownLatch disk) {
        return new TestRead<>(0, () -> {
            try {
                disk.await();
                return "line";
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private CompletableFuture<?> waiting(CountDownLatch disk) {
        TestRead<Object> read = waitingRead(disk);
        reads.run(read);
        return read;
    }

    @Test
    void anyThrowableCompletesTheRead() {
        for (boolean onDiskThread : new boolean[] {false, true}) {
            for (Throwable thrown : List.of(new OutOfMemoryError("a test"), new IllegalStateException())) {
                TestRead<Object> failing = new TestRead<>(0, () -> sneakily(thrown));
                if (onDiskThread) {
                    reads.runOnDiskThread(failing);
                } else {
                    reads.run(failing);
                }
                assertSame(
                        thrown,
                        assertThrows(ExecutionException.class, () -> failing.get(10, TimeUnit.SECONDS))
                                .getCause());
            }
        }
    }

    @Test
    void aReadFailsAsSoonAsThereIsHeapToFailIt() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        OutOfMemoryError thrown = new OutOfMemoryError("a test");
        TestRead<Object> failing = new TestRead<>(0, () -> sneakily(thrown)) {
            @Override
            public boolean completeExceptionally(Throwable failure) {
                if (attempts.incrementAndGet() <= 2) {
                    throw thrown;
                }
                return super.completeExceptionally(failure);
            }
        };
        reads.runOnDiskThread(failing);
        assertSame(
                thrown,
                assertThrows(ExecutionException.class, () -> failing.get(10, TimeUnit.SECONDS))
                        .getCause());
        assertEquals(3, attempts.get());
    }

    private static Object sneakily(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) thrown;
    }

    @Test
    void aReadCanBeSentToADiskThreadDirectly() throws Exception {
        TestRead<Thread> direct = new TestRead<>(0, Thread::currentThread);
        reads.runOnDiskThread(direct);
        assertNotSame(Thread.currentThread(), direct.get(10, TimeUnit.SECONDS));
        assertSame(Thread.currentThread(), read(1));
    }

    @Test
    void aReadAfterTheStoreIsClosedFailsWithAMessage() {
        reads.close();
        TestRead<String> late = new TestRead<>(0, () -> "line");
        reads.runOnDiskThread(late);
        Throwable cause = assertThrows(ExecutionException.class, () -> late.get(10, TimeUnit.SECONDS))
                .getCause();
        assertInstanceOf(StoreUnavailableException.class, cause);
        assertEquals("the store is closed", cause.getMessage());
    }
}
