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
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class DiskReadsTest {
    private static final int MOST_WAITING = 4;

    private final AtomicLong clock = new AtomicLong();
    private final DiskReads reads = new DiskReads(clock::get, MOST_WAITING);

    @AfterEach
    void close() {
        reads.close();
    }

    @FunctionalInterface
    private interface Reader<T> {
        T read() throws StoreException;
    }

    private static class Reading<T> extends CompletableFuture<T> implements DiskReads.Task {
        private final Reader<T> reader;
        private @Nullable T value;

        Reading(Reader<T> reader) {
            this.reader = reader;
        }

        @Override
        public void read() throws StoreException {
            value = reader.read();
        }

        @Override
        public void done() {
            complete(value);
        }
    }

    private <T> CompletableFuture<T> run(Reader<T> reader) {
        Reading<T> reading = new Reading<>(reader);
        reads.run(reading);
        return reading;
    }

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get();
    }

    /** @return the thread that read */
    private Thread read(long nanos) throws Exception {
        return await(run(() -> {
            clock.addAndGet(nanos);
            return Thread.currentThread();
        }));
    }

    @Test
    void fastReadsStayOnTheirThreadAndSlowOnesLeaveItUntilAllWereFastForAWhile() throws Exception {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < DiskReads.READS_BETWEEN_SLOW_ONES; i++) {
                assertSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS));
            }
            assertSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS + 1));
            for (int i = 1; i < DiskReads.READS_BETWEEN_SLOW_ONES; i++) {
                assertSame(Thread.currentThread(), read(1));
            }
            assertSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS + 1));
            for (int i = 0; i < 10; i++) {
                assertNotSame(Thread.currentThread(), read(1));
            }
            assertNotSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS + 1));
            for (int i = 0; i < DiskReads.FAST_READS_TO_COME_BACK; i++) {
                assertNotSame(Thread.currentThread(), read(1));
            }
        }
    }

    @Test
    void slowReadsThatAreFarApartAreTheSchedulersDoing() throws Exception {
        for (int round = 0; round < 3; round++) {
            assertSame(Thread.currentThread(), read(DiskReads.SLOW_NANOS + 1));
            for (int i = 0; i < DiskReads.READS_BETWEEN_SLOW_ONES; i++) {
                assertSame(Thread.currentThread(), read(1));
            }
        }
    }

    @Test
    void aFailureIsHandedOnFromEitherThread() throws Exception {
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
    void whatWouldWaitTooLongIsRefusedAtOnceAndNothingElseIs() throws Exception {
        read(DiskReads.SLOW_NANOS + 1);
        read(DiskReads.SLOW_NANOS + 1);
        CountDownLatch disk = new CountDownLatch(1);
        List<CompletableFuture<?>> taken = new ArrayList<>();
        CompletableFuture<?> next = waiting(disk);
        while (!next.isDone()) {
            taken.add(next);
            next = waiting(disk);
        }
        CompletableFuture<?> refused = next;
        assertInstanceOf(
                StoreUnavailableException.class,
                assertThrows(ExecutionException.class, refused::get).getCause());
        disk.countDown();
        for (CompletableFuture<?> read : taken) {
            assertEquals("line", read.get());
        }
        assertTrue(taken.size() >= MOST_WAITING);
    }

    private CompletableFuture<?> waiting(CountDownLatch disk) {
        return run(() -> {
            try {
                disk.await();
                return "line";
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void whateverAReadThrowsCompletesIt() {
        for (boolean elsewhere : new boolean[] {false, true}) {
            for (Throwable thrown : List.of(new OutOfMemoryError("a test"), new IllegalStateException())) {
                Reading<Object> failing = new Reading<>(() -> sneakily(thrown));
                if (elsewhere) {
                    reads.runElsewhere(failing);
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
    void aReadIsFailedOnceThereIsHeapForThat() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        OutOfMemoryError thrown = new OutOfMemoryError("a test");
        Reading<Object> failing = new Reading<>(() -> sneakily(thrown)) {
            @Override
            public boolean completeExceptionally(Throwable failure) {
                if (attempts.incrementAndGet() <= 2) {
                    throw thrown;
                }
                return super.completeExceptionally(failure);
            }
        };
        reads.runElsewhere(failing);
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
    void readsLongerThanAFewMicrosecondsCanBeSentElsewhereAtOnce() throws Exception {
        Reading<Thread> elsewhere = new Reading<>(Thread::currentThread);
        reads.runElsewhere(elsewhere);
        assertNotSame(Thread.currentThread(), elsewhere.get(10, TimeUnit.SECONDS));
        assertSame(Thread.currentThread(), read(1));
    }

    @Test
    void aReadAfterTheStoreWasClosedFailsInPlainWords() {
        reads.close();
        Reading<String> late = new Reading<>(() -> "line");
        reads.runElsewhere(late);
        Throwable cause = assertThrows(ExecutionException.class, () -> late.get(10, TimeUnit.SECONDS))
                .getCause();
        assertInstanceOf(StoreUnavailableException.class, cause);
        assertEquals("the store is closed", cause.getMessage());
    }
}
