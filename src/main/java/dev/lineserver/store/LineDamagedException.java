package dev.lineserver.store;

/**
 * A part of a long line is missing, or its stored bytes are not those of the line. A retry does not help. A damaged
 * whole line is reported as {@link Lookup.Damaged} instead.
 */
public final class LineDamagedException extends StoreException {
    /** @param message names the line and the part, and tells an operator what to do */
    public LineDamagedException(String message) {
        super(message, null);
    }
}
