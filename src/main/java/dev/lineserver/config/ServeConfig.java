package dev.lineserver.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.DatasetName;

/** The settings of the dataset, of the numbering of its lines, and of the HTTP server. */
@ConfigMapping(prefix = "line-server")
public interface ServeConfig {
    /** The dataset that {@code /lines} serves, and that a verb reads or writes. */
    @WithDefault("default")
    DatasetName dataset();

    /** The numbering of lines: the first line number is 0 or 1. */
    @WithDefault("1")
    @WithName("first-line-number")
    LineNumbers lineNumbers();

    /** Address to listen on. Only processes on the same machine can reach the default. */
    @WithDefault("127.0.0.1")
    String host();

    /** Port to listen on; 0 for any free port. */
    @WithDefault("8080")
    int port();

    /** Port for the paths below {@code /q}, which the main port then does not have; 0 for any free port. */
    OptionalInt managementPort();

    /** Address of the management port; that of the main port if absent. */
    Optional<String> managementHost();

    /** Format of the access log on standard output. */
    @WithDefault("none")
    AccessLogFormat accessLog();

    /**
     * URL to which spans of requests are posted, in OTLP over HTTP with protobuf; none if absent. Turns the fast path off.
     */
    Optional<String> traces();

    /** Share of the requests without a {@code traceparent} that are traced, 0 to 1. */
    @WithDefault("1")
    double traceRatio();

    /** Format of what {@code serve} logs on standard error. */
    @WithDefault("text")
    LogFormat logFormat();

    /** The settings of responses for lines. */
    Http http();

    /** What a client must prove in the handshake of TLS. */
    enum ClientCertificates {
        /** Nothing. */
        NONE,
        /** It may have a certificate, which the trust store must know. */
        REQUEST,
        /** It must have one. */
        REQUIRED
    }

    /** The formats of the access log. */
    enum AccessLogFormat {
        /** There is no access log. */
        NONE,
        /** The Common Log Format. */
        COMMON,
        /** The same with referrer and user agent, as Apache and nginx have it. */
        COMBINED,
        /** One JSON object a line. */
        JSON
    }

    /** The formats of the log. */
    enum LogFormat {
        /** Lines of text. */
        TEXT,
        /** One JSON object a line. */
        JSON
    }

    /** The settings of responses for lines. */
    interface Http {
        /** Charset in the {@code Content-Type} of a line. The server never decodes a line; clients may. */
        @WithDefault("UTF-8")
        String charset();

        /**
         * {@code Cache-Control} of every line. With the default, a cache may store a line but must revalidate it before
         * each use, because a new version may be published at any time. Revalidation by {@code ETag} is cheap.
         */
        @WithDefault("no-cache")
        String cacheControl();

        /**
         * Interval between two checks of the store for new versions. Over Aerospike at most
         * {@link dev.lineserver.store.aerospike.AerospikeSettings#MAX_CHECK_INTERVAL}: the lines of a replaced version are
         * deleted after a grace, unless a server has seen the change and holds them.
         */
        @WithDefault("500ms")
        Duration versionCheckInterval();

        /**
         * Deadline of a lookup, and of reading one part of a long line. After it, the request fails whatever the store
         * does. Must be longer than the deadlines of the stores, whose failures name the reason.
         */
        @WithDefault("30s")
        Duration lookupTimeout();

        /**
         * Time for the head of a request, from its first byte, or from the beginning of a new connection; after it, the
         * connection is closed. From 10 ms to 1 h. Does not concern a connection that waits between two requests.
         */
        @WithDefault("10s")
        Duration headTimeout();

        /**
         * Largest number of open connections from one address, or from one network of 64 bits of IPv6; further ones are
         * closed at once. 0 for any number: behind a proxy, all connections come from its address.
         */
        @WithDefault("0")
        int connectionsPerAddress();

        /** Largest number of consecutive lines in one answer; none if absent. */
        OptionalLong maxRangeLines();

        /**
         * Largest number of bytes in one answer with consecutive lines; none if absent. Where a store does not know the
         * bytes of lines without reading them, the average line of the version decides.
         */
        OptionalLong maxRangeBytes();

        /**
         * Number of answers with several lines that may be in progress at once. Each holds one block of lines, and what
         * the store reads ahead: less than 1 MiB together. An answer as JSON counts as two, and as up to twelve if the
         * version has lines of 1 MiB; a compressed one as one to three more; one of MCP as twelve. If absent, one for each
         * MiB of the largest heap, at most 1,000.
         */
        OptionalInt maxRanges();

        /**
         * The origins whose pages may read answers, as browsers send them in {@code Origin}, or {@code *} alone for all; none
         * if absent. Turns the fast path off.
         */
        Optional<List<String>> corsOrigins();

        /**
         * File with the keys of clients and what they may read; without it, everybody may read everything. Turns the fast path
         * off.
         */
        Optional<Path> apiKeys();

        /**
         * The most requests of a client, as its key names it, or without keys of an address; any number if absent. Turns the
         * fast path off.
         */
        Optional<RequestRate> rateLimit();

        /** Whether the TLS port asks clients for a certificate. Quarkus has its other settings. */
        @WithDefault("none")
        ClientCertificates clientCertificates();

        /** True to serve Swagger UI at {@code /q/swagger-ui/}. */
        @WithDefault("false")
        boolean swaggerUi();

        /** True to serve the Model Context Protocol at {@code /mcp}. */
        @WithDefault("false")
        boolean mcp();

        /** True to answer plain requests for lines before HTTP is decoded, unless that would bypass a setting or filter. */
        @WithDefault("true")
        boolean fastPath();
    }
}
