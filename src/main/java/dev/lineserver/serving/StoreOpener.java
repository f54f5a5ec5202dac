package dev.lineserver.serving;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;

/** Opens the store that versions are served from. */
@FunctionalInterface
public interface StoreOpener {
    /**
     * Opens the store. May block.
     *
     * @throws StoreException if the store cannot be opened; a {@link dev.lineserver.store.StoreFailedException} if another
     *     attempt would fail as well
     */
    LineStore open() throws StoreException;
}
