package dev.lineserver.store.embedded;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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

    private static <T> T await(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get();
    }

    /** @return the thread that read */
    private Thread read(long nanos) throws Exception {
        return await(reads.read(() -> {
            clock.addAndGet(nanos);
            return Thread.currentThread();
        }));
    }

    @Test
    void fastReadsStayOnTheirThreadAndSlowOnesLeaveItUntilAllWereFastForAWhile() throws Exception {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 100; i++) {
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
            CompletionStage<Object> failed = reads.read(() -> {
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
        return reads.read(() -> {
                    try {
                        disk.await();
                        return "line";
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .toCompletableFuture();
    }
}
