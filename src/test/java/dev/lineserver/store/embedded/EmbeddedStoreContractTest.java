package dev.lineserver.store.embedded;

import java.nio.file.Path;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.LineStoreContract;

class EmbeddedStoreContractTest extends LineStoreContract {
    @TempDir
    Path directory;

    private LineStore store;

    @BeforeEach
    void open() throws Exception {
        store = EmbeddedStore.open(directory, null);
    }

    @Override
    protected LineStore store() {
        return store;
    }
}
