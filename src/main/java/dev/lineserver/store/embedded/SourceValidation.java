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
 * Validates a source once per event-loop iteration, or once per {@value #READS_PER_LOOK} reads of a long one, instead of
 * once per read. Reads are completed after that look, on the loop that made them: a file that is untouched then was so when
 * they were made. Reads made by other threads are validated at once.
 *
 * <p>See {@code src/docs/decisions/009-one-look-per-turn.md} for the savings.
 */
final class SourceValidation {
    /** So few that the memory touched by the first is still in the processor's cache when it is completed. */
    private static final int READS_PER_LOOK = 32;

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
        private boolean completing;

        Turn(EventExecutor loop) {
            this.loop = loop;
        }

        void add(Pending read) {
            if (reads.isEmpty()) {
                // Runs after all events that the loop woke up for.
                loop.execute(this);
            }
            reads.add(read);
            // A read that is completed may lead to others: they wait for the next look.
            if (reads.size() >= READS_PER_LOOK && !completing) {
                run();
            }
        }

        @Override
        public void run() {
            List<Pending> done = reads;
            reads = new ArrayList<>();
            completing = true;
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
                    // The other reads must be completed all the same.
                    read.completeExceptionally(e);
                }
            }
            completing = false;
        }
    }
}
