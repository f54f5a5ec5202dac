package dev.lineserver.store.aerospike;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.listener.RecordListener;

/** Reads records on one event loop, called on that loop only. */
sealed interface LoopReader permits SingleReader, CoalescingReader {
    void read(Key key, RecordListener listener);

    /** The client reports some refusals by throwing and others by calling; this makes them all calls. */
    static void guarded(RecordListener listener, Runnable command) {
        try {
            command.run();
        } catch (AerospikeException e) {
            listener.onFailure(e);
        }
    }
}
