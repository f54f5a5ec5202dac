package dev.lineserver.store.aerospike;

import java.util.concurrent.Semaphore;

/**
 * Bounds the attempts in flight, so that an ingest gives way to the other users of a cluster: additive increase,
 * multiplicative decrease, as in the congestion control of TCP (RFC 5681). An overload halves the bound, down to one
 * attempt. {@link #ATTEMPTS_TO_GROW} accepted attempts without an overload between them raise it by one.
 *
 * <p>Attempts that were in flight together are refused together. Only the first of them halves the bound; the others tell
 * nothing about the smaller bound. Threads acquire in the order of their arrival.
 */
final class BatchWindow {
    /** A fraction of a second of an ingest at full speed, at one line per record. */
    static final int ATTEMPTS_TO_GROW = 200;

    private final int most;
    private final ReduciblePermits permits;

    /** The bound, and the number of accepted attempts since it changed, or since an overload. */
    private int size;

    private int accepted;

    /** Number of times that the bound was halved, or would have been, had it not been 1. */
    private long decreases;

    /** The result of an attempt. */
    enum Result {
        /** Every record was acknowledged. */
        ACCEPTED,
        /** The cluster refused a record because it is overloaded, or did not answer in time. */
        OVERLOADED,
        /** The attempt failed for a reason that does not depend on the load. */
        FAILED
    }

    /** A semaphore that may have fewer permits than are acquired. */
    private static final class ReduciblePermits extends Semaphore {
        private static final long serialVersionUID = 1;

        ReduciblePermits(int permits) {
            super(permits, true);
        }

        void reduce(int reduction) {
            reducePermits(reduction);
        }
    }

    /** @param most the first and the largest bound, at least 1 */
    BatchWindow(int most) {
        this.most = most;
        this.size = most;
        this.permits = new ReduciblePermits(most);
    }

    /**
     * Waits until fewer attempts are in flight than the bound allows.
     *
     * @return for {@link #release}: identifies the bound under which the attempt was made
     */
    long acquire() throws InterruptedException {
        permits.acquire();
        synchronized (this) {
            return decreases;
        }
    }

    /** Ends an attempt. Every call of {@link #acquire} is followed by one call of this method. */
    void release(long acquired, Result result) {
        synchronized (this) {
            if (result == Result.OVERLOADED) {
                accepted = 0;
                if (acquired == decreases) {
                    decreases++;
                    resize(Math.max(1, size / 2));
                }
            } else if (result == Result.ACCEPTED && ++accepted == ATTEMPTS_TO_GROW) {
                accepted = 0;
                resize(Math.min(most, size + 1));
            }
        }
        permits.release();
    }

    private void resize(int next) {
        if (next < size) {
            permits.reduce(size - next);
        } else {
            permits.release(next - size);
        }
        size = next;
    }

    /** Returns the bound. */
    synchronized int size() {
        return size;
    }

    /** Returns how many attempts may begin now; negative if more are in flight than the bound allows. */
    int available() {
        return permits.availablePermits();
    }
}
