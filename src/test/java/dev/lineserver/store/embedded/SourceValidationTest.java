package dev.lineserver.store.embedded;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.DefaultEventLoopGroup;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.ingest.Ingests;
import dev.lineserver.store.DatasetName;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

@SuppressWarnings("FutureReturnValueIgnored") // The tests keep the reads and check their outcomes.
final class SourceValidationTest {
    @TempDir
    Path directory;

    private final DefaultEventLoopGroup loops = new DefaultEventLoopGroup(2);
    private final SourceValidation validation = new SourceValidation(loops);
    private final List<RecordedRead> reads = new ArrayList<>();
    private Path source;
    private LinesFile lines;

    @BeforeEach
    void open() throws Exception {
        source = Files.writeString(directory.resolve("source.txt"), "one\ntwo\n");
        try (EmbeddedStore store = EmbeddedStore.open(directory.resolve("data"), null)) {
            Ingests.store(store, source, DatasetName.DEFAULT, false);
        }
        DatasetDirectory versions = new DatasetDirectory(directory.resolve("data/default"), new Disk());
        lines = versions.lines(versions.manifest(1), new BlockCache(0));
    }

    @AfterEach
    void close() throws Exception {
        lines.close();
        Future<?> _ = loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
    }

    /** A read that has obtained its bytes. The validation completes it with true if the file is untouched. */
    private class RecordedRead extends CompletableFuture<Boolean> implements SourceValidation.UnvalidatedRead {
        final LinesFile.OpenFile from;
        Runnable whenValidated = () -> {};

        @Nullable
        Thread validatedOn;

        RecordedRead() throws Exception {
            from = lines.readUnvalidated(0, ByteBuffer.allocate(3));
        }

        @Override
        public LinesFile file() {
            return lines;
        }

        @Override
        public void validated(@Nullable BasicFileAttributes attributes) {
            validatedOn = Thread.currentThread();
            whenValidated.run();
            complete(from.isUntouched(attributes));
        }
    }

    private RecordedRead read() throws Exception {
        RecordedRead read = new RecordedRead();
        reads.add(read);
        validation.validate(read);
        return read;
    }

    private void touch() throws Exception {
        Files.setLastModifiedTime(source, FileTime.fromMillis(0));
    }

    private static boolean isUntouched(RecordedRead read) throws Exception {
        return read.get(30, TimeUnit.SECONDS);
    }

    @Test
    void readsOfAnEventLoopAreCompletedOnItAtTheEndOfItsIteration() throws Exception {
        Thread loop = loops.next()
                .submit(() -> {
                    for (int i = 0; i < 3; i++) {
                        assertFalse(read().isDone());
                    }
                    return Thread.currentThread();
                })
                .get();
        for (RecordedRead read : reads) {
            assertTrue(isUntouched(read));
            assertSame(loop, read.validatedOn);
        }
    }

    @Test
    void aTouchAfterAReadAndBeforeTheEndOfItsIterationIsDetected() throws Exception {
        loops.next()
                .submit(() -> {
                    read();
                    touch();
                    read();
                    return null;
                })
                .get();
        assertFalse(isUntouched(reads.get(0)));
        assertFalse(isUntouched(reads.get(1)));
        FileTime time =
                FileTime.from(Objects.requireNonNull(reads.get(0).from.stamp()).modifiedAt());
        Files.setLastModifiedTime(source, time);
        assertTrue(isUntouched(loops.next().submit(this::read).get()));
    }

    @Test
    void aReadMadeWhileOthersAreCompletedIsValidatedInTheNextIteration() throws Exception {
        loops.next()
                .submit(() -> {
                    RecordedRead first = new RecordedRead();
                    first.whenValidated = () -> IntStream.range(0, 3).forEach(_ -> {
                        try {
                            read();
                        } catch (Exception e) {
                            throw new AssertionError(e);
                        }
                    });
                    validation.validate(first);
                    return first;
                })
                .get()
                .get(30, TimeUnit.SECONDS);
        assertEquals(3, reads.size());
        for (RecordedRead read : reads) {
            assertTrue(isUntouched(read));
        }
    }

    @Test
    void aReadWhoseCompletionThrowsFailsAlone() throws Exception {
        OutOfMemoryError thrown = new OutOfMemoryError("a test");
        for (int round = 0; round < 2; round++) {
            reads.clear();
            loops.next()
                    .submit(() -> {
                        for (int i = 0; i < 5; i++) {
                            RecordedRead read = read();
                            if (i % 2 == 0) {
                                read.whenValidated = () -> {
                                    throw thrown;
                                };
                            }
                        }
                        return null;
                    })
                    .get();
            for (int i = 0; i < 5; i++) {
                RecordedRead read = reads.get(i);
                if (i % 2 == 0) {
                    assertSame(
                            thrown,
                            assertThrows(ExecutionException.class, () -> read.get(30, TimeUnit.SECONDS))
                                    .getCause());
                } else {
                    assertTrue(isUntouched(read));
                }
            }
        }
    }

    @Test
    void aReadThatCannotBeFailedForLackOfHeapIsRetriedAndDelaysNoOthers() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        loops.next()
                .submit(() -> {
                    RecordedRead hungry = new RecordedRead() {
                        @Override
                        public boolean completeExceptionally(Throwable failure) {
                            throw new OutOfMemoryError("a test");
                        }
                    };
                    hungry.whenValidated = () -> {
                        if (attempts.incrementAndGet() <= 2) {
                            throw new OutOfMemoryError("a test");
                        }
                    };
                    reads.add(hungry);
                    validation.validate(hungry);
                    return read();
                })
                .get();
        for (RecordedRead read : reads) {
            assertTrue(isUntouched(read));
        }
        assertEquals(3, attempts.get());
    }

    /** An event loop that cannot allocate room for a task as often as {@link #failures} says. */
    private static final class FullLoop extends DefaultEventLoop {
        final AtomicInteger failures = new AtomicInteger();
        final AtomicInteger failedTasks = new AtomicInteger();

        @Override
        public void execute(Runnable task) {
            if (inEventLoop() && failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                throw new OutOfMemoryError("a test");
            }
            super.execute(() -> {
                try {
                    task.run();
                } catch (OutOfMemoryError e) {
                    // An event loop of a server only logs it.
                    failedTasks.incrementAndGet();
                }
            });
        }
    }

    @Test
    void aReadWhoseValidationCannotBeQueuedForLackOfHeapFailsAndLaterOnesDoNot() throws Exception {
        FullLoop full = new FullLoop();
        try {
            SourceValidation validations = new SourceValidation(full);
            RecordedRead refused = new RecordedRead();
            RecordedRead next = new RecordedRead();
            full.submit(() -> {
                        full.failures.set(1);
                        assertThrows(OutOfMemoryError.class, () -> validations.validate(refused));
                        validations.validate(next);
                    })
                    .get();
            assertTrue(isUntouched(next));
            assertNull(refused.validatedOn, "the caller has failed it");
        } finally {
            Future<?> _ = full.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    /** Completing a read, failing it, and queueing another attempt fail, all for lack of heap. */
    @Test
    void aFullHeapDoesNotStopTheValidationOnAnEventLoop() throws Exception {
        FullLoop full = new FullLoop();
        try {
            SourceValidation validations = new SourceValidation(full);
            AtomicInteger attempts = new AtomicInteger();
            RecordedRead hungry = new RecordedRead() {
                @Override
                public boolean completeExceptionally(Throwable failure) {
                    throw new OutOfMemoryError("a test");
                }
            };
            hungry.whenValidated = () -> {
                if (attempts.incrementAndGet() == 1) {
                    full.failures.set(1);
                    throw new OutOfMemoryError("a test");
                }
            };
            List<RecordedRead> others = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                others.add(new RecordedRead());
            }
            full.submit(() -> {
                        others.subList(0, 20).forEach(validations::validate);
                        validations.validate(hungry);
                        others.subList(20, 40).forEach(validations::validate);
                    })
                    .get();
            full.submit(() -> assertEquals(0, full.failedTasks.get())).get();
            for (RecordedRead other : others) {
                assertTrue(isUntouched(other));
            }
            assertFalse(hungry.isDone());
            RecordedRead next = new RecordedRead();
            full.submit(() -> validations.validate(next)).get();
            assertTrue(isUntouched(next));
            assertTrue(isUntouched(hungry));
            assertEquals(2, attempts.get());
        } finally {
            Future<?> _ = full.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    /** More reads than the memory that is kept between two iterations holds. */
    @Test
    void manyReadsOfAnIterationAreAllCompleted() throws Exception {
        for (int count : new int[] {10_000, 3, 10_000}) {
            List<RecordedRead> many = loops.next()
                    .submit(() -> {
                        List<RecordedRead> made = new ArrayList<>();
                        for (int i = 0; i < count; i++) {
                            made.add(read());
                        }
                        return made;
                    })
                    .get();
            for (RecordedRead read : many) {
                assertTrue(isUntouched(read));
            }
        }
    }

    @Test
    void readsOnOtherThreadsAreValidatedAtOnce() throws Exception {
        assertTrue(read().isDone());
        touch();
        assertFalse(isUntouched(read()));
    }
}
