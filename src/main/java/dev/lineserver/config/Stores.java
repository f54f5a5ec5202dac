package dev.lineserver.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.aerospike.AerospikeSettings;
import dev.lineserver.store.aerospike.AerospikeSettings.Credentials;
import dev.lineserver.store.aerospike.AerospikeSettings.WriteLimits;
import dev.lineserver.store.aerospike.AerospikeStore;
import dev.lineserver.store.embedded.EmbeddedStore;

/** Opens the configured store. Only this class selects a store. */
public final class Stores {
    /** Two suffice for the few lookups of a verb. They run on daemon threads, which end with the process. */
    private static final int EVENT_LOOP_THREADS = 2;

    private Stores() {}

    /**
     * Opens the configured store for a server, which asks again later if a cluster is away.
     *
     * @param eventLoops the event loops of the server, on which lookups are made; null if it has none
     * @throws UsageException if a setting that the store needs is missing or invalid
     */
    public static LineStore open(StoreConfig config, @Nullable EventLoopGroup eventLoops) throws StoreException {
        return open(config, eventLoops, Duration.ZERO);
    }

    /**
     * Opens the configured store for a command, whose calls wait for a cluster that is away for as long as the writes of an
     * ingest do.
     *
     * @throws UsageException if a setting that the store needs is missing or invalid
     */
    public static LineStore openPatiently(StoreConfig config) throws StoreException {
        return open(config, null, WriteLimits.DEFAULT.deadline());
    }

    private static LineStore open(StoreConfig config, @Nullable EventLoopGroup eventLoops, Duration patience)
            throws StoreException {
        return switch (kind(config)) {
            case EMBEDDED -> EmbeddedStore.open(dataDirectory(config), eventLoops);
            case AEROSPIKE ->
                AerospikeStore.connect(
                        aerospike(config, patience),
                        Objects.requireNonNullElseGet(
                                eventLoops,
                                () -> new NioEventLoopGroup(
                                        EVENT_LOOP_THREADS, new DefaultThreadFactory("store", true))));
        };
    }

    /**
     * Returns true if an ingest compresses the lines.
     *
     * @throws UsageException if it would have to compress single lines
     */
    public static boolean compresses(StoreConfig config) {
        boolean compresses = config.compress() == StoreConfig.Compress.ZSTD;
        if (compresses
                && kind(config) == StoreConfig.Kind.AEROSPIKE
                && config.linesPerRecord().equals(LinesPerRecord.ONE)) {
            throw new UsageException(
                    "--compress zstd compresses the lines of a record together, and a record has one line;"
                            + " add --lines-per-record auto");
        }
        return compresses;
    }

    static StoreConfig.Kind kind(StoreConfig config) {
        boolean cluster = config.aerospikeHosts().isPresent();
        return config.store().orElse(cluster ? StoreConfig.Kind.AEROSPIKE : StoreConfig.Kind.EMBEDDED);
    }

    /** Returns true if the configured store is a cluster. */
    public static boolean isCluster(StoreConfig config) {
        return kind(config) == StoreConfig.Kind.AEROSPIKE;
    }

    /**
     * Names the configured store in messages, such as {@code the data directory /x}.
     *
     * @throws UsageException as {@link #dataDirectory}
     */
    public static String place(StoreConfig config) {
        return switch (kind(config)) {
            case EMBEDDED -> "the data directory " + dataDirectory(config);
            case AEROSPIKE ->
                "namespace " + config.aerospikeNamespace() + " of the Aerospike cluster at "
                        + config.aerospikeHosts().orElse(List.of());
        };
    }

    /**
     * Returns the directory of the embedded store.
     *
     * @throws UsageException if none is configured, and the user has no home directory, or one whose name the locale cannot
     *     express
     */
    public static Path dataDirectory(StoreConfig config) {
        return config.dataDir().orElseGet(() -> {
            String home = System.getProperty("user.home", "?");
            if (home.isBlank() || home.equals("?")) {
                throw new UsageException("this user has no home directory to keep data in;"
                        + " name a directory with --data-dir or LINE_SERVER_DATA_DIR");
            }
            try {
                return SettingParsers.parsePath(home).resolve(".local/share/line-server");
            } catch (IllegalArgumentException e) {
                throw new UsageException("cannot use the home directory for data: " + e.getMessage());
            }
        });
    }

    private static AerospikeSettings aerospike(StoreConfig config, Duration patience) {
        String noHosts = "no Aerospike cluster is named; name its nodes with --aerospike HOST:PORT[,HOST:PORT]";
        return new AerospikeSettings(
                config.aerospikeHosts().orElseThrow(() -> new UsageException(noHosts)),
                config.aerospikeNamespace(),
                config.aerospikeUser()
                        .map(user ->
                                new Credentials(user, config.aerospikePassword().orElse("")))
                        .orElse(null),
                config.aerospikeTls(),
                config.aerospikeClusterName().orElse(null),
                config.aerospikeConnections(),
                Duration.ofMillis(config.aerospikeTimeout()),
                WriteLimits.DEFAULT.withLowPriority(config.ingestPriority() == StoreConfig.Priority.LOW),
                patience);
    }
}
