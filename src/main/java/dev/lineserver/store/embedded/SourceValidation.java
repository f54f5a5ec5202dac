package dev.lineserver.store.embedded;

import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.StreamSupport;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import org.jspecify.annotations.Nullable;

/**
 * Validates a source once per event-loop iteration instead of once per read.
 *
 * <p>An event loop wakes up, handles all events that are ready, and then runs its queued tasks. While it handles
 * events, each lookup reads its line and calls {@link #validate}. The first such call of an iteration queues one task;
 * the others only add their read to a list. The task reads the file's attributes once and completes all reads of the
 * list. A file that is untouched at that time was untouched at every read before.
 *
 * <pre>
 * event loop   read ─► read ─► read ─► attributes ─► complete, complete, complete
 * other        read ─► attributes ─► complete
 * </pre>
 *
 * <p>Reads are completed on the event loop that made them, so its connections need no thread switch. A read on any
 * other thread is validated at once. Safe for use by many threads: each event loop has its own list, which needs no
 * lock.
 *
 * <p>See {@code src/docs/decisions/009-one-look-per-turn.md} for the measurements.
 */
final class SourceValidation {
    /** The reads of the calling thread, if it is an event loop. */
    private final ThreadLocal<Optional<LoopReads>> loopReads;

    /** @param loops the event loops that look up lines; null if there are none */
    SourceValidation(@Nullable EventExecutorGroup loops) {
        loopReads = ThreadLocal.withInitial(() -> loops == null
                ? Optional.empty()
                : StreamSupport.stream(loops.spliterator(), false)
                        .filter(EventExecutor::inEventLoop)
                        .findFirst()
                        .map(LoopReads::new));
    }

    /** A read whose bytes must not be used before its file has been validated. */
    interface UnvalidatedRead {
        LinesFile file();

        /**
         * Completes the read.
         *
         * @param attributes of the file, read after its bytes; null if they could not be read
         */
        void validated(@Nullable BasicFileAttributes attributes);

        /** Called if {@link #validated} throws. */
        boolean completeExceptionally(Throwable failure);
    }

    /** Completes a read: on an event loop at the end of its iteration, on another thread before this method returns. */
    void validate(UnvalidatedRead read) {
        Optional<LoopReads> reads = loopReads.get();
        if (reads.isPresent()) {
            reads.get().add(read);
        } else {
            read.validated(read.file().readAttributes());
        }
    }

    /**
     * The reads that one event loop has made and not yet validated. Used only by that event loop.
     *
     * <p>A full heap must not stop the validation on an event loop for good. So {@link #run} allocates nothing itself,
     * and keeps the reads that it can neither complete nor fail. If the loop cannot queue the task, the next read queues
     * it.
     */
    private static final class LoopReads implements Runnable {
        private static final UnvalidatedRead[] NONE = {};
        private static final int MIN_CAPACITY = 16;
        /** A larger array is released when it is empty. */
        private static final int MAX_KEPT_CAPACITY = 4096;

        private final EventExecutor loop;
        /** The pending reads, in their order; null from {@link #count} on. */
        private @Nullable UnvalidatedRead[] reads = NONE;

        private int count;
        /** True if the loop has a task that will validate the pending reads. */
        private boolean queued;

        LoopReads(EventExecutor loop) {
            this.loop = loop;
        }

        void add(UnvalidatedRead read) {
            if (count == reads.length) {
                reads = Arrays.copyOf(reads, Math.max(MIN_CAPACITY, 2 * count));
            }
            // The loop runs queued tasks after all events of this iteration, so reads of those are validated together.
            // This may fail. The caller then fails the read, so it is added afterwards.
            queue();
            reads[count++] = read;
        }

        private void queue() {
            if (!queued) {
                loop.execute(this);
                queued = true;
            }
        }

        @Override
        public void run() {
            queued = false;
            // A completed read may start others on this thread. The attributes below are older than those reads, which
            // wait for the next validation: their first add queues it.
            int validated = count;
            int kept = 0;
            LinesFile validatedFile = null;
            BasicFileAttributes attributes = null;
            for (int i = 0; i < validated; i++) {
                UnvalidatedRead read = Objects.requireNonNull(reads[i]);
                try {
                    // Usually all reads are of one file. If datasets alternate, a file is validated several times.
                    if (read.file() != validatedFile) {
                        attributes = read.file().readAttributes();
                        validatedFile = read.file();
                    }
                    read.validated(attributes);
                } catch (RuntimeException | Error e) {
                    if (!fail(read, e)) {
                        reads[kept++] = read;
                    }
                }
            }
            remove(kept, validated);
            if (count > 0) {
                retry();
            }
        }

        /**
         * Fails one read without affecting the reads after it. If the heap is too full to complete the read, the read
         * is validated again in the next iteration, when other requests may have released memory.
         *
         * @return false if the read is still pending
         */
        private static boolean fail(UnvalidatedRead read, Throwable failure) {
            try {
                read.completeExceptionally(failure);
                return true;
            } catch (OutOfMemoryError e) {
                return false;
            }
        }

        /** Removes the reads from one index to another. */
        private void remove(int from, int to) {
            System.arraycopy(reads, to, reads, from, count - to);
            Arrays.fill(reads, count - (to - from), count, null);
            count -= to - from;
            if (count == 0 && reads.length > MAX_KEPT_CAPACITY) {
                reads = NONE;
            }
        }

        private void retry() {
            try {
                queue();
            } catch (OutOfMemoryError _) {
                // The next read of this loop queues the task. Until then, the requests of these reads can time out.
                return;
            }
        }
    }
}
