package dev.lineserver.serving;

import dev.lineserver.store.Manifest;

/** Whether lookups on the default dataset succeed at present. */
public sealed interface Readiness {
    /**
     * They do.
     *
     * @param serving the version that answers them
     */
    record Up(Manifest serving) implements Readiness {}

    /**
     * They do not.
     *
     * @param reason why, for an operator
     */
    record Down(String reason) implements Readiness {}
}
