package dev.lineserver.store.aerospike;

/**
 * Chooses how a node is to read the keys of a batch: inline, one after the other on the thread that received them, or
 * spread over its other threads. Inline takes less than half of the node's CPU as long as reads come from RAM; spread is
 * much sooner where each has to wait for a device. A client cannot know which it will be, so both are tried: batches are
 * spread while that brings them back at least {@value #MUCH_SOONER} times as soon per key.
 *
 * <p>Used on one event loop.
 */
final class InlineChoice {
    /** Of this many batches one goes the other way: few enough to be left out of a p99. */
    static final int BATCHES_PER_TRIAL = 256;

    /** A device that is waited for makes more of a difference; threads that wait for a core make less. */
    private static final int MUCH_SOONER = 2;

    private final Times inline = new Times();
    private final Times spread = new Times();
    private int sinceTrial;

    /** Whether the next batch is to be read inline. */
    boolean next() {
        if (inline.areUnknown() || spread.areUnknown()) {
            return inline.areUnknown();
        }
        boolean goesInline = inline.perKey() <= MUCH_SOONER * spread.perKey();
        if (++sinceTrial == BATCHES_PER_TRIAL) {
            sinceTrial = 0;
            return !goesInline;
        }
        return goesInline;
    }

    /**
     * Learns from a batch that came back.
     *
     * @param nanos from sending it to its last answer
     */
    void took(boolean wentInline, int keys, long nanos) {
        (wentInline ? inline : spread).add(keys, nanos);
    }

    /**
     * Moving means of the last batches, which follow what takes longer slowly: a batch whose answer waited for a core says
     * little. Small batches, most of whose time is the way there and back, count little as well.
     */
    private static final class Times {
        /** What a new batch counts against those before, where it came back sooner than they did. */
        private static final double WEIGHT_OF_SOONER = 0.25;

        private static final double WEIGHT_OF_LATER = 1.0 / 64;

        private double nanos;
        private double keys;

        boolean areUnknown() {
            return keys == 0;
        }

        double perKey() {
            return nanos / keys;
        }

        void add(int newKeys, long newNanos) {
            double weight = areUnknown() ? 1 : newNanos < newKeys * perKey() ? WEIGHT_OF_SOONER : WEIGHT_OF_LATER;
            nanos += weight * (newNanos - nanos);
            keys += weight * (newKeys - keys);
        }
    }
}
