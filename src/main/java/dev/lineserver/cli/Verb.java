package dev.lineserver.cli;

import java.io.IOException;

import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.StoreException;

/** A command's work, once its arguments are parsed and the settings are read. */
interface Verb {
    /** Does the work. An {@link IOException} means that standard output could not be written. */
    ExitCode run(Run run) throws IOException, SourceException, StoreException, InterruptedException;

    /** The message if a signal ended the work. */
    default String interrupted() {
        return "interrupted";
    }
}
