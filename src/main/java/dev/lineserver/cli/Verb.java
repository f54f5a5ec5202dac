package dev.lineserver.cli;

import java.io.IOException;

import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.StoreException;

/** A subcommand. Before {@link #run} is called, picocli has set its fields to the arguments. */
interface Verb {
    /**
     * Runs the command on the calling thread, which a signal interrupts.
     *
     * @return true for exit code 0, false for exit code 1 if no exception says why, for example because {@code verify}
     *     has found a difference
     * @throws IOException if a write to standard output failed
     */
    boolean run(CommandContext context) throws IOException, SourceException, StoreException, InterruptedException;

    /**
     * Returns the message if a signal has ended the command. A command that writes to the store says what is left. Called
     * after {@link #run} has failed.
     */
    default String interruption() {
        return "interrupted";
    }
}
