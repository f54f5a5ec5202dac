package dev.lineserver.store.embedded;

import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.LineStoreContract;

import static org.junit.jupiter.api.Assertions.assertEquals;

class EmbeddedStoreContractTest extends LineStoreContract {
    @TempDir
    Path directory;

    private LineStore store;

    @BeforeEach
    void open() throws Exception {
        store = EmbeddedStore.open(directory, null);
    }

    /** What an operation makes unnecessary, it deletes itself. */
    @AfterEach
    void nothingIsLeft() throws Exception {
        assertEquals(List.of(), store.reclaim(true));
    }

    @Override
    protected LineStore store() {
        return store;
    }
}
