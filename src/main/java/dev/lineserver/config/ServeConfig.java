package dev.lineserver.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.DatasetName;

/** Which dataset to read, how its lines are counted, and where {@code serve} listens. */
@ConfigMapping(prefix = "line-server")
public interface ServeConfig {
    /** Default of {@link #dataset}. */
    String DATASET = "default";

    /** Default of {@link #lineNumbers}. */
    String FIRST_LINE_NUMBER = "1";

    /** Default of {@link #host}: this machine only. */
    String HOST = "127.0.0.1";

    /** Default of {@link #port}. */
    String PORT = "8080";

    /** The dataset that {@code /lines} answers from, and that a verb reads or writes. */
    @WithDefault(DATASET)
    @WithConverter(Converters.Dataset.class)
    DatasetName dataset();

    /** How lines are counted: the number of the first line is 0 or 1. */
    @WithDefault(FIRST_LINE_NUMBER)
    @WithName("first-line-number")
    @WithConverter(Converters.FirstLine.class)
    LineNumbers lineNumbers();

    /** Address to listen on. */
    @WithDefault(HOST)
    String host();

    /** Port to listen on; 0 for any free one. */
    @WithDefault(PORT)
    @WithConverter(Converters.Port.class)
    int port();
}
