package dev.lineserver.cli;

import java.io.IOException;

import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.StoreException;

/** A command's work, once its arguments are parsed and the settings are read. */
interface Verb {
    /**
     * Does the work.
     *
     * @return false if the program exits as failed, although the answer is complete
     * @throws IOException if standard output could not be written
     */
    boolean run(CommandContext context) throws IOException, SourceException, StoreException, InterruptedException;
}
