package dev.lineserver.http;

import java.time.Duration;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How lines are answered. */
@ConfigMapping(prefix = "line-server.http")
interface HttpConfig {
    /** Charset that answers name. Lines are bytes and never decoded; this only tells clients how to. */
    @WithDefault("UTF-8")
    String charset();

    /**
     * {@code Cache-Control} of every line. The default lets caches keep a line but ask each time whether it is still the
     * same, as a new version may come at any time; asking is cheap, by {@code ETag}.
     */
    @WithDefault("no-cache")
    String cacheControl();

    /** How often the store is asked for newer versions. */
    @WithDefault("500ms")
    Duration versionCheckInterval();
}
