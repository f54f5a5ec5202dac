package dev.lineserver.serving;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Records what a class logs as {@code WARNING} or {@code ERROR}, until it is closed. */
final class LoggedErrors extends Handler implements AutoCloseable {
    final List<String> messages = new ArrayList<>();
    private final Logger logger;

    LoggedErrors(Class<?> type) {
        logger = Logger.getLogger(type.getName());
        logger.addHandler(this);
    }

    @Override
    public void publish(LogRecord message) {
        if (message.getLevel().intValue() >= Level.WARNING.intValue()) {
            messages.add(message.getMessage());
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
    }
}
