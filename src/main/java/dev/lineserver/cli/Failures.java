package dev.lineserver.cli;

import java.io.IOException;
import java.io.PrintWriter;

import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.StoreException;

/** Turns an exception into a message and an exit code. */
final class Failures implements IExecutionExceptionHandler {
    static final int FAILED = 1;

    @Override
    public int handleExecutionException(Exception failure, CommandLine commandLine, ParseResult parsed) {
        PrintWriter err = commandLine.getErr();
        switch (failure) {
            case SourceException _, StoreException _ -> err.println("line-server: " + failure.getMessage());
            case IOException _ -> err.println("line-server: cannot write the answer: " + failure.getMessage());
            case InterruptedException _ -> err.println("line-server: interrupted; nothing was published");
            default -> {
                err.println("line-server: this should not have happened; please report it with what follows");
                failure.printStackTrace(err);
            }
        }
        err.flush();
        return FAILED;
    }
}
