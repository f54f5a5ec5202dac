package dev.lineserver;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.embedded.EmbeddedStore;

/** The only place that picks a store. */
public final class Wiring {
    private Wiring() {}

    /** Opens the store that the settings name. */
    public static LineStore open(StoreSettings settings) throws StoreException {
        return switch (settings.kind()) {
            case EMBEDDED -> EmbeddedStore.open(settings.dataDirectory());
            case AEROSPIKE -> throw new UnsupportedOperationException("to come");
        };
    }
}
