package dev.lineserver.http;

import java.nio.file.Path;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import dev.lineserver.StoreSettings;

/** What to serve, from which store, where. The command line has the same settings, under the same names. */
@ConfigMapping(prefix = "line-server")
interface ServeConfig {
    /** Kind of store. */
    @WithDefault("embedded")
    StoreSettings.Kind store();

    /** Directory of the embedded store. */
    @WithDefault("${user.home}/.local/share/line-server")
    Path dataDir();

    /** The dataset that {@code /lines} answers from. */
    @WithDefault("default")
    String dataset();

    /** Number of the first line, 0 or 1. */
    @WithDefault("1")
    int firstLineNumber();

    /** Address to listen on. */
    @WithDefault("127.0.0.1")
    String host();

    /** Port to listen on. */
    @WithDefault("8080")
    int port();

    default StoreSettings settings() {
        return new StoreSettings(store(), dataDir());
    }
}
