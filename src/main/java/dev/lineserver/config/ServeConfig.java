package dev.lineserver.config;

import java.time.Duration;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.DatasetName;

/** Which dataset to read, how its lines are counted, and where and how {@code serve} answers. */
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

    /** How lines are answered. */
    Http http();

    /** How lines are answered. */
    interface Http {
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
}
