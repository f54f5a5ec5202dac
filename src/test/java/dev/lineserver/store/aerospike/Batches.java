package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.List;

/** Observes when a fake node executes batches. */
final class Batches {
    private int inProgress;
    private final List<Execution> executions = new ArrayList<>();

    /** The times of one command, and the number of batches in progress when it began, itself included. */
    static final class Execution {
        final long begin = System.nanoTime();
        final boolean batch;
        int concurrent;
        long end;

        Execution(boolean batch) {
            this.batch = batch;
        }
    }

    synchronized Execution begin(WireMessage message) {
        Execution execution = new Execution(message.isBatch());
        if (execution.batch) {
            execution.concurrent = ++inProgress;
            executions.add(execution);
        }
        return execution;
    }

    synchronized void end(Execution execution) {
        execution.end = System.nanoTime();
        if (execution.batch) {
            inProgress--;
        }
    }

    /** Returns all batches so far, in the order in which they began. */
    synchronized List<Execution> executions() {
        return List.copyOf(executions);
    }
}
