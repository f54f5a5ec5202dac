package dev.lineserver.cli;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Prints what the program logs while a command runs. The log manager of Quarkus keeps all records until Quarkus starts,
 * which only {@code serve} does, in the end.
 */
final class LogMessages extends Handler implements AutoCloseable {
    /** A constant, because a logger that nothing refers to loses its handlers. */
    private static final Logger PROGRAM = Logger.getLogger("dev.lineserver");

    private final Messages err;
    private final SimpleFormatter formatter = new SimpleFormatter();

    private LogMessages(Messages err) {
        this.err = err;
        setLevel(Level.INFO);
    }

    /** Prints records from now on until {@link #close}. */
    static LogMessages open(Messages err) {
        LogMessages handler = new LogMessages(err);
        PROGRAM.addHandler(handler);
        // Otherwise serve would print them a second time.
        PROGRAM.setUseParentHandlers(false);
        return handler;
    }

    @Override
    public void publish(LogRecord record) {
        if (!isLoggable(record)) {
            return;
        }
        String message = formatter.formatMessage(record);
        Throwable thrown = record.getThrown();
        if (thrown == null) {
            err.print(message);
        } else if (record.getLevel().intValue() >= Level.SEVERE.intValue()) {
            err.fail(message, thrown);
        } else {
            err.print(message + ": " + (thrown.getMessage() == null ? thrown : thrown.getMessage()));
        }
    }

    @Override
    public void flush() {
        // Messages are not buffered.
    }

    /** Leaves further records to the log of Quarkus. Has no effect if it is called again. */
    @Override
    public void close() {
        PROGRAM.removeHandler(this);
        PROGRAM.setUseParentHandlers(true);
    }
}
