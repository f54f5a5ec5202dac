package dev.lineserver.store.aerospike.registry;

/**
 * A set of the namespace and its state. The server allows at most 4,095 set names and never frees one, so sets are
 * reused:
 *
 * <pre>
 *               begin                   commit
 *   (unused) ─────────►  BUILDING  ───────────────►  LIVE
 *                         ▲    │                      │
 *                   begin │    │ roll back, or        │ superseded
 *                         │    │ the lease expired    │ or dropped
 *                         │    ▼                      ▼
 *                         FREE  ◄─────────────────  RETIRED ─┐
 *                                 grace over, and     ▲      │ hold: a server
 *                                 not held            └──────┘ still reads it
 * </pre>
 *
 * <p>Each arrow is one change of the {@link Registry}. Before a set becomes FREE, it is truncated. The server deletes
 * the records in the background, so {@link Registry#chooseSet} reuses a free set only if it is empty.
 *
 * @param name of the set; short, because the server stores it with every record
 * @param state the current state
 * @param dataset of the lines in the set, or of the last ones if the set is free
 * @param version of that dataset
 * @param uses number of builds that have used the set, the current one included
 * @param since time of the change to this state, in milliseconds since the epoch
 * @param heldUntil time until which a retired set is kept for its readers, in milliseconds since the epoch; 0 if no
 *     reader holds it
 */
public record LineSet(
        String name, SetState state, String dataset, long version, long uses, long since, long heldUntil) {
    /** Name and revision of the form in which lines are stored; part of each manifest. */
    public static final String LAYOUT = "aerospike-record-per-line/1";

    /** Number of names of at most two characters. A set is used this often before a bin name repeats. */
    private static final long DISTINCT_BINS = 26 + 35 * 36;

    /** The states of the diagram above. */
    public enum SetState {
        /** A build with a lease writes to the set. */
        BUILDING,
        /** The set holds the newest version of its dataset. */
        LIVE,
        /** The set holds a superseded or dropped version, which may still be read. */
        RETIRED,
        /** The set was truncated, and the next build may use it. */
        FREE
    }

    LineSet withState(SetState next, long now) {
        return new LineSet(name, next, dataset, version, uses, now, 0);
    }

    LineSet withHeldUntil(long time) {
        return new LineSet(name, state, dataset, version, uses, since, time);
    }

    /** Begins the next use of the set, for another version. */
    LineSet reuseFor(String nextDataset, long nextVersion, long now) {
        return new LineSet(name, SetState.BUILDING, nextDataset, nextVersion, uses + 1, now, 0);
    }

    /**
     * Returns the name of the bin that holds lines. It differs between uses of the set. A reader may be suspended while
     * its version is superseded, its set truncated, and the set used by another build; it then finds records without
     * its bin, and never the lines of another version.
     */
    public String bin() {
        return Registry.shortName(Math.toIntExact((uses - 1) % DISTINCT_BINS));
    }
}
