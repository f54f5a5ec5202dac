package dev.lineserver.store;

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * One version that a store has. Exactly one of {@code manifest} and {@code failure} is present.
 *
 * @param number number of the version, at least 1
 * @param state whether and how readers see the version
 * @param manifest describes the version; null if the store has the version and cannot describe it
 * @param failure the reason why the store cannot describe it, and the remedy; null if it can
 */
public record StoredVersion(
        long number,
        State state,
        @Nullable Manifest manifest,
        @Nullable StoreException failure) {
    /** The states of a version that is complete. */
    public enum State {
        /** Stored, and not yet published: only {@link LineStore#publish} shows it to readers. */
        HELD,
        /** The version that readers of the dataset see. */
        CURRENT,
        /** Published earlier, and still readable by its number. */
        KEPT;

        /** Returns the word for answers, such as {@code held}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Creates the entry of a version that the store can describe. */
    public static StoredVersion of(State state, Manifest manifest) {
        return new StoredVersion(manifest.version(), state, manifest, null);
    }

    /** Creates the entry of a version that the store cannot describe. */
    public static StoredVersion unreadable(State state, long number, StoreException failure) {
        return new StoredVersion(number, state, null, failure);
    }

    /** Returns true if readers can request this version. */
    public boolean isPublished() {
        return state != State.HELD;
    }

    /**
     * Returns the manifest.
     *
     * @throws StoreException {@link #failure}, if the store cannot describe the version
     */
    public Manifest describe() throws StoreException {
        if (failure != null) {
            throw failure;
        }
        if (manifest == null) {
            throw new IllegalStateException("version " + number + " has neither a manifest nor a failure");
        }
        return manifest;
    }
}
