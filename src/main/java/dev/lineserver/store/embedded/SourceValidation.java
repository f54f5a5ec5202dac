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
 * Validates a source once per event-loop iteration instead of once per read. Reads are completed after that look, on the
 * loop that made them: a file that is untouched then was so when they were made. Reads made by other threads are validated
 * at once.
 *
 * <p>See {@code src/docs/decisions/009-one-look-per-turn.md} for the savings.
 */
final class SourceValidation {
    private final ThreadLocal<Optional<Turn>> turns;

    /** @param loops whose threads look lines up; null if there are none */
    SourceValidation(@Nullable EventExecutorGroup loops) {
        turns = ThreadLocal.withInitial(() -> loops == null
                ? Optional.empty()
                : StreamSupport.stream(loops.spliterator(), false)
                        .filter(EventExecutor::inEventLoop)
                        .findFirst()
                        .map(Turn::new));
    }

    /** A read whose bytes must not be handed over before its file was looked at once more. */
    interface Pending {
        LinesFile file();

        /**
         * Completes the read.
         *
         * @param now the file after the read; null if its attributes could not be read
         */
        void validated(@Nullable BasicFileAttributes now);

        boolean completeExceptionally(Throwable failure);
    }

    /** Completes a read, now or at the end of the event loop's iteration. */
    void validate(Pending read) {
        Optional<Turn> turn = turns.get();
        if (turn.isPresent()) {
            turn.get().add(read);
        } else {
            read.validated(read.file().look());
        }
    }

    /** The reads that one loop has made since it last looked. Used by that loop only. */
    private static final class Turn implements Runnable {
        private final EventExecutor loop;
        private List<Pending> reads = new ArrayList<>();

        Turn(EventExecutor loop) {
            this.loop = loop;
        }

        void add(Pending read) {
            if (reads.isEmpty()) {
                // Runs after all events that the loop woke up for.
                loop.execute(this);
            }
            reads.add(read);
        }

        @Override
        public void run() {
            List<Pending> done = reads;
            // A read that is completed may lead to others, which wait for the next look.
            reads = new ArrayList<>();
            LinesFile looked = null;
            BasicFileAttributes now = null;
            for (Pending read : done) {
                try {
                    if (read.file() != looked) {
                        now = read.file().look();
                        looked = read.file();
                    }
                    read.validated(now);
                } catch (RuntimeException | Error e) {
                    fail(read, e);
                }
            }
        }

        /** The other reads must be completed, even if the heap is full; this one then tries again. */
        private void fail(Pending read, Throwable failure) {
            try {
                read.completeExceptionally(failure);
            } catch (OutOfMemoryError e) {
                add(read);
            }
        }
    }
}
