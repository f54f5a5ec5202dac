package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.listener.RecordListener;
import org.jspecify.annotations.Nullable;

/**
 * A read from its call to its one answer. It may be with several nodes at once; the first record that arrives is the
 * answer, and what arrives later is ignored.
 */
final class PendingRead {
    private static final System.Logger LOG = System.getLogger(PendingRead.class.getName());

    final Key key;
    final long deadline;
    private final RecordListener listener;

    /** Bits of the copies that it was sent to. */
    long copiesAsked;

    /** Number of times it was put into a node's queue for the sake of its answer. */
    int attempts;

    /** Number of queues and commands that hold it now. */
    int places;

    boolean answered;

    PendingRead(Key key, RecordListener listener, long deadline) {
        this.key = key;
        this.listener = listener;
        this.deadline = deadline;
    }

    void succeed(@Nullable Record record) {
        answer(() -> listener.onSuccess(key, record));
    }

    void fail(AerospikeException failure) {
        answer(() -> listener.onFailure(failure));
    }

    /** A listener that throws must not keep the rest of its batch from being answered. */
    private void answer(Runnable call) {
        if (answered) {
            return;
        }
        answered = true;
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            LOG.log(Level.ERROR, "the answer for key " + key + " could not be delivered", e);
        }
    }
}
