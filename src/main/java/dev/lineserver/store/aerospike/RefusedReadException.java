package dev.lineserver.store.aerospike;

import com.aerospike.client.AerospikeException;

/**
 * A read was refused before it was sent, because a queue is full or no node has the record. It has no stack trace: an
 * overloaded server refuses thousands of reads a second, all of them in {@link CoalescingReader#read}.
 */
final class RefusedReadException extends AerospikeException {
    private static final long serialVersionUID = 1;

    /** @param resultCode the reason */
    RefusedReadException(int resultCode) {
        super(resultCode);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
