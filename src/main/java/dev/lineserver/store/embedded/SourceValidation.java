package dev.lineserver.store.embedded;

import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
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
        /** Returns the file that was read. */
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

    /** The reads that one event loop has made and not yet validated. Used only by that event loop. */
    private static final class LoopReads implements Runnable {
        private final EventExecutor loop;
        private List<UnvalidatedRead> pending = new ArrayList<>();

        LoopReads(EventExecutor loop) {
            this.loop = loop;
        }

        void add(UnvalidatedRead read) {
            if (pending.isEmpty()) {
                // The loop runs queued tasks after all events of this iteration, so reads of those are validated
                // together.
                loop.execute(this);
            }
            pending.add(read);
        }

        @Override
        public void run() {
            List<UnvalidatedRead> reads = pending;
            // A completed read may start others on this thread. The attributes below are older than those reads, so
            // they need a new list; its first add queues the next validation.
            pending = new ArrayList<>();
            LinesFile validatedFile = null;
            BasicFileAttributes attributes = null;
            for (UnvalidatedRead read : reads) {
                try {
                    // Usually all reads are of one file. If datasets alternate, a file is validated several times.
                    if (read.file() != validatedFile) {
                        attributes = read.file().readAttributes();
                        validatedFile = read.file();
                    }
                    read.validated(attributes);
                } catch (RuntimeException | Error e) {
                    fail(read, e);
                }
            }
        }

        /**
         * Fails one read without affecting the reads after it. If the heap is too full to complete the read, the read
         * is validated again in the next iteration, when other requests may have released memory.
         */
        private void fail(UnvalidatedRead read, Throwable failure) {
            try {
                read.completeExceptionally(failure);
            } catch (OutOfMemoryError e) {
                add(read);
            }
        }
    }
}
