package dev.lineserver.store.aerospike;

/**
 * A set of the namespace, and what is in it. Sets are never freed by the server and there are at most 4,095, so their
 * names are used again and again.
 *
 * @param name of the set, short because it is stored with every record
 * @param state what it is for at present
 * @param dataset whose lines are in it, or were last
 * @param version of that dataset
 * @param uses how often it has been filled, this time included
 * @param since when it came to be in this state, in milliseconds of the epoch
 */
record LineSet(String name, State state, String dataset, long version, long uses, long since) {
    /** Letters of which bin names are made. */
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /** Two letters are enough for any reader to have noticed that its version is gone. */
    private static final long DISTINCT_BINS = LETTERS.length() * (LETTERS.length() + 1L);

    enum State {
        /** Being filled. */
        BUILDING,
        /** Being served. */
        LIVE,
        /** Superseded or dropped; readers may not have noticed yet. */
        RETIRED,
        /** Truncated. The server takes its time to delete the records. */
        FREE
    }

    LineSet become(State next, long now) {
        return new LineSet(name, next, dataset, version, uses, now);
    }

    /** The next use of the set, for another version. */
    LineSet refill(String nextDataset, long nextVersion, long now) {
        return new LineSet(name, State.BUILDING, nextDataset, nextVersion, uses + 1, now);
    }

    /**
     * Name of the bin that holds lines. It differs from use to use: a reader which sleeps through its version being
     * replaced, truncated and the set filled again then finds records without its bin instead of another's lines.
     */
    String bin() {
        int letters = LETTERS.length();
        int use = Math.toIntExact((uses - 1) % DISTINCT_BINS);
        String last = String.valueOf(LETTERS.charAt(use % letters));
        return use < letters ? last : LETTERS.charAt(use / letters - 1) + last;
    }

    boolean holds(String someDataset, long someVersion) {
        return state != State.FREE && dataset.equals(someDataset) && version == someVersion;
    }
}
