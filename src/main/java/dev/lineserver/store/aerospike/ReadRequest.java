package dev.lineserver.store.aerospike;

import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.Operation;
import org.jspecify.annotations.Nullable;

/**
 * A record to read, or a part of it.
 *
 * @param key of the record
 * @param part selects the part that the node sends; null for all bins
 */
record ReadRequest(Key key, @Nullable Operation part) {
    ReadRequest(Key key) {
        this(key, null);
    }

    BatchRead toBatchRead() {
        return part == null ? new BatchRead(key, true) : new BatchRead(key, new Operation[] {part});
    }
}
