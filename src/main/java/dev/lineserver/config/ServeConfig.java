package dev.lineserver.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.DatasetName;

/** Which dataset to read, how its lines are counted, and where {@code serve} listens. */
@ConfigMapping(prefix = "line-server")
public interface ServeConfig {
    /** The dataset that {@code /lines} answers from, and that a verb reads or writes. */
    @WithDefault("default")
    DatasetName dataset();

    /** How lines are counted: the number of the first line is 0 or 1. */
    @WithDefault("1")
    @WithName("first-line-number")
    LineNumbers lineNumbers();

    /** Address to listen on: by default, only this machine can reach it. */
    @WithDefault("127.0.0.1")
    String host();

    /** Port to listen on; 0 for any free one. */
    @WithDefault("8080")
    int port();
}
