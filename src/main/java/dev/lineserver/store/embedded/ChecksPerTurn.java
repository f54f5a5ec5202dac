package dev.lineserver.store.embedded;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.StreamSupport;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;

/**
 * Looks at a file once for all that an event loop read from it in one turn, or once for every {@value #READS_PER_LOOK}
 * reads of a long one: the bytes are handed over after that look. A later look says of a read at least what one right after
 * it would have said, so nothing is lost by it. Bytes read on other threads are looked after at once.
 *
 * <p>See {@code src/docs/decisions/009-one-look-per-turn.md} for what that saves.
 */
final class ChecksPerTurn {
    /** So few that what was touched to read them is still in the processor's cache when they are handed over. */
    private static final int READS_PER_LOOK = 32;

    private final ThreadLocal<Optional<Turn>> turns;

    /** @param loops whose threads ask for lines; null where there are none */
    ChecksPerTurn(@Nullable EventExecutorGroup loops) {
        turns = ThreadLocal.withInitial(() -> loops == null
                ? Optional.empty()
                : StreamSupport.stream(loops.spliterator(), false)
                        .filter(EventExecutor::inEventLoop)
                        .findFirst()
                        .map(Turn::new));
    }

    /**
     * Hands over what the calling thread has read, once the file was found unchanged.
     *
     * @param value what was made of the bytes read
     * @return {@code value}, or {@link dev.lineserver.store.StoreUnavailableException} where the file is not as it was
     */
    <T> CompletionStage<T> checked(LinesFile file, T value) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Read<T> read = new Read<>(file, value, result);
        Optional<Turn> turn = turns.get();
        if (turn.isPresent()) {
            turn.get().add(read);
        } else {
            read.handOver(look(file));
        }
        return result;
    }

    private static @Nullable Exception look(LinesFile file) {
        try {
            file.refuseIfChanged();
            return null;
        } catch (StoreException | RuntimeException e) {
            return e;
        }
    }

    private record Read<T>(LinesFile file, T value, CompletableFuture<T> result) {
        void handOver(@Nullable Exception trouble) {
            if (trouble == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(trouble);
            }
        }
    }

    /** What one loop has read since it last looked. */
    private static final class Turn implements Runnable {
        private final EventExecutor loop;
        private List<Read<?>> reads = new ArrayList<>(READS_PER_LOOK);
        private boolean scheduled;
        private boolean handingOver;

        Turn(EventExecutor loop) {
            this.loop = loop;
        }

        void add(Read<?> read) {
            reads.add(read);
            if (!scheduled) {
                scheduled = true;
                // Runs once the loop has been through all events that it woke up for.
                loop.execute(this);
            } else if (reads.size() >= READS_PER_LOOK && !handingOver) {
                handOver();
            }
        }

        @Override
        public void run() {
            scheduled = false;
            handOver();
        }

        private void handOver() {
            List<Read<?>> done = reads;
            // Handing over may read more, for the next look.
            reads = new ArrayList<>(READS_PER_LOOK);
            handingOver = true;
            LinesFile looked = null;
            Exception trouble = null;
            for (Read<?> read : done) {
                if (read.file != looked) {
                    looked = read.file;
                    trouble = look(looked);
                }
                read.handOver(trouble);
            }
            handingOver = false;
        }
    }
}
