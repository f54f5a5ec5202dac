package dev.lineserver.store.aerospike.registry;

import java.util.regex.Pattern;

/**
 * A set of the namespace and its state. The server allows at most 4,095 set names and never frees one, so sets are
 * reused:
 *
 * <pre>
 *               begin                   commit: published or held
 *   (unused) ─────────►  BUILDING  ───────────────►  LIVE
 *                         ▲    │                      │
 *                   begin │    │ roll back, or        │ no longer kept,
 *                         │    │ the lease expired    │ or dropped
 *                         │    ▼                      ▼
 *                         FREE  ◄─────────────────  RETIRED ─┐
 *                                 grace over, and     ▲      │ hold: a server
 *                                 not held            └──────┘ still reads it
 * </pre>
 *
 * <p>Each arrow is one change of the {@link Registry}. {@link Builds} begins a build, and {@link HeldBuild} commits it or
 * rolls it back. A commit, and {@link Versions}, retire the sets of versions that are no longer stored; {@link Versions} also
 * holds them, and {@link Sweeper} frees them. Before a set becomes FREE, it is truncated. The server deletes the records
 * in the background, so {@link SetAllocation} reuses a free set only if it is empty.
 *
 * <p>Truncation does not survive a restart of a node of Community Edition: its records come back, also into sets that
 * are LIVE or BUILDING by then. They are never read, because the keys of all records name their build; the
 * {@link Reclaimer} deletes them.
 *
 * @param name of the set; short, because the server stores it with every record
 * @param state the current state
 * @param dataset of the lines in the set, or of the last ones if the set is free
 * @param version of that dataset
 * @param build number of the build that writes or wrote to the set; part of the key of each record
 * @param recordsSince time of the cluster before which the build wrote no record, in milliseconds since the epoch
 * @param since time of the change to this state, in milliseconds since the epoch
 * @param heldUntil time until which a retired set is kept for its readers, in milliseconds since the epoch; 0 if no
 *     reader holds it
 */
public record LineSet(
        String name,
        SetState state,
        String dataset,
        long version,
        long build,
        long recordsSince,
        long since,
        long heldUntil) {
    /** The server allows 4,095 sets in a namespace; the rest is left to other programs. */
    static final int MAX_SETS = 4_000;

    /**
     * Begins the name of each of our sets. Only a set that has this prefix and is in the registry is ours; no other set
     * is ever written or truncated.
     */
    private static final String PREFIX = "_";

    /** The names of the first {@link #MAX_SETS} sets. */
    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9a-z]{1,3}");

    private static final int LETTERS = 26;

    /** The states of the diagram above. */
    public enum SetState {
        /** A build with a lease writes to the set. */
        BUILDING,
        /** The set holds a published or held version. */
        LIVE,
        /** The set holds a version that is no longer stored, and that requests may still read. */
        RETIRED,
        /** The set was truncated, and the next build may use it. */
        FREE
    }

    /**
     * Returns a short name for a set: _a to _z, then _10 to _zz, and so on. Every record stores it. The first 4,000 have
     * at most four characters.
     */
    static String nameOf(int number) {
        return PREFIX + Integer.toString(Character.MAX_RADIX - LETTERS + number, Character.MAX_RADIX);
    }

    /** Returns true if a set of this name may be ours. Another program may use it as well. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    LineSet withState(SetState next, long now) {
        return new LineSet(name, next, dataset, version, build, recordsSince, now, 0);
    }

    LineSet withHeldUntil(long time) {
        return new LineSet(name, state, dataset, version, build, recordsSince, since, time);
    }
}
