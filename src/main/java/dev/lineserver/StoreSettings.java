package dev.lineserver;

import java.nio.file.Path;

/**
 * Which store to use.
 *
 * @param kind of store
 * @param dataDirectory of the embedded store
 */
public record StoreSettings(Kind kind, Path dataDirectory) {
    /** The stores there are. */
    public enum Kind {
        /** On this machine. */
        EMBEDDED,
        /** In a cluster. */
        AEROSPIKE
    }
}
