package dev.lineserver.store.aerospike.registry;

/**
 * One part of a build of several processes, and the process that has it.
 *
 * @param holder unique identity of its process
 * @param owner describes the process, for messages
 * @param until the process has ended unless it renews this time, in milliseconds since the epoch; 0 if it has ended
 * @param chunk number of the claimed chunk; {@link #NO_CHUNK} if there is none
 * @param lines number of lines that the processes of the part have stored
 */
record PartEntry(String holder, String owner, long until, int chunk, long lines) {
    /** The number of the claimed chunk of a part that has none. */
    static final int NO_CHUNK = -1;

    boolean isAlive(long now) {
        return until > now;
    }

    PartEntry renewed(long time) {
        return new PartEntry(holder, owner, time, chunk, lines);
    }

    PartEntry ended() {
        return new PartEntry(holder, owner, 0, NO_CHUNK, lines);
    }

    PartEntry withChunk(int claimed) {
        return new PartEntry(holder, owner, until, claimed, lines);
    }

    PartEntry withLines(long stored) {
        return new PartEntry(holder, owner, until, chunk, stored);
    }
}
