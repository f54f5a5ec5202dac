package dev.lineserver.http;

import java.nio.file.Path;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import dev.lineserver.StoreSettings;

/** Which store to serve from. The command line has the same settings, under the same names. */
@ConfigMapping(prefix = "line-server")
interface StoreConfig {
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

    default StoreSettings settings() {
        return new StoreSettings(store(), dataDir());
    }
}
