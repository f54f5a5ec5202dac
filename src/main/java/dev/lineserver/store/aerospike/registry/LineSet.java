package dev.lineserver.store.aerospike.registry;

/**
 * A set of the namespace, and its contents. The server allows at most 4,095 set names and never frees one, so names are
 * reused:
 *
 * <pre>
 *               begin                   commit
 *   (unused) ─────────►  BUILDING  ───────────────►  LIVE
 *                         ▲    │                      │
 *                   begin │    │ roll back, or        │ superseded
 *                         │    │ the lease ran out    │ or dropped
 *                         │    ▼                      ▼
 *                         FREE  ◄─────────────────  RETIRED ─┐
 *                                 grace over, and     ▲      │ hold: a server
 *                                 not held            └──────┘ still reads it
 * </pre>
 *
 * <p>Each arrow is one change of the {@link Registry}. The arrows into FREE are preceded by a truncation of the set. The
 * server deletes the records in its own time; {@link Registry#chooseSet} reuses a free set only when it is empty.
 *
 * @param name of the set, short because it is stored with every record
 * @param state what it is for at present
 * @param dataset whose lines are in it, or were last
 * @param version of that dataset
 * @param uses how often it has been filled, this time included
 * @param since time of the change to this state, in milliseconds of the epoch
 * @param heldUntil a retired set is kept until this time for readers, in milliseconds of the epoch; 0 if none asked
 */
public record LineSet(
        String name, SetState state, String dataset, long version, long uses, long since, long heldUntil) {
    /** Name and revision of the form in which lines are stored, as manifests carry it. */
    public static final String LAYOUT = "aerospike-record-per-line/1";

    /** Those of at most two characters: enough for any reader to have noticed that its version is gone. */
    private static final long DISTINCT_BINS = 26 + 35 * 36;

    /** See the diagram above. */
    public enum SetState {
        /** A build writes to it, and has a lease. */
        BUILDING,
        /** Holds the newest version of its dataset. */
        LIVE,
        /** Holds a superseded or dropped version that readers may not have left yet. */
        RETIRED,
        /** Truncated, for the next build. */
        FREE
    }

    LineSet withState(SetState next, long now) {
        return new LineSet(name, next, dataset, version, uses, now, 0);
    }

    LineSet withHeldUntil(long time) {
        return new LineSet(name, state, dataset, version, uses, since, time);
    }

    /** The next use of the set, for another version. */
    LineSet reuseFor(String nextDataset, long nextVersion, long now) {
        return new LineSet(name, SetState.BUILDING, nextDataset, nextVersion, uses + 1, now, 0);
    }

    /**
     * Name of the bin that holds lines. It differs from use to use: a reader that sleeps while its version is replaced
     * and truncated and the set is filled again finds records without its bin instead of another version's lines.
     */
    public String bin() {
        return Registry.shortName(Math.toIntExact((uses - 1) % DISTINCT_BINS));
    }
}
