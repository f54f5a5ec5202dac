package dev.lineserver.config;

import java.time.Duration;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How lines are answered. */
@ConfigMapping(prefix = "line-server.http")
public interface HttpConfig {
    /** Charset that answers name. Lines are bytes and never decoded; this only tells clients how to. */
    @WithDefault("UTF-8")
    String charset();

    /**
     * {@code Cache-Control} of every line. The default lets caches keep a line but makes them ask each time if it is
     * still the same, because a new version may come at any time; asking is cheap, by {@code ETag}.
     */
    @WithDefault("no-cache")
    String cacheControl();

    /** Time between two checks of the store for newer versions. */
    @WithDefault("500ms")
    Duration versionCheckInterval();

    /**
     * Longest that a lookup, or the reading of a part of a long line, may take, whatever the store does: it counts as
     * failed then. Longer than the store's own bounds, which say more about the reason.
     */
    @WithDefault("30s")
    Duration lookupTimeout();

    /** Whether plain requests for lines are answered before HTTP is decoded; only if nothing else acts on them. */
    @WithDefault("true")
    boolean fastPath();
}
