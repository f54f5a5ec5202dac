package dev.lineserver.store;

/**
 * Counts the attempts of a build that did not store everything at once.
 *
 * @param count number of attempts that wrote records again, which an earlier attempt had not stored or had left in doubt
 * @param overloads number of attempts that the store refused in part because it was overloaded, or did not answer in time
 */
public record Retries(long count, long overloads) {
    /** Everything was stored at the first attempt. */
    public static final Retries NONE = new Retries(0, 0);

    /** Returns the sum. */
    public Retries plus(Retries others) {
        return new Retries(count + others.count, overloads + others.overloads);
    }
}
