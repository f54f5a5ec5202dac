package dev.lineserver.http.access;

import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A client that has proved who it is.
 *
 * @param name as the file of keys has it
 * @param datasets names of the datasets that it may read; null for all
 */
public record Client(String name, @Nullable Set<String> datasets) {
    /** Returns true if the client may read all datasets, those of the future included. */
    public boolean mayReadAll() {
        return datasets == null;
    }

    /** Returns true if the client may read a dataset of this name, if there is one. */
    public boolean mayRead(String dataset) {
        return datasets == null || datasets.contains(dataset);
    }
}
