package dev.lineserver.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import dev.lineserver.store.IngestRate;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.aerospike.AerospikeSettings;

/** The settings of the store. */
@ConfigMapping(prefix = "line-server")
public interface StoreConfig {
    /** File with settings that is read instead of {@code config/application.properties}. */
    Optional<Path> config();

    /** Kind of store; if absent, Aerospike if its hosts are set, else embedded. */
    Optional<Kind> store();

    /** Directory of the embedded store. */
    Optional<Path> dataDir();

    /**
     * Number of published versions of a dataset that stay stored when another one is published; if absent, the store
     * decides.
     */
    OptionalInt keepVersions();

    /** Number of consecutive lines of an ingest that share a record in Aerospike. */
    @WithDefault("1")
    LinesPerRecord linesPerRecord();

    /** Compression of the lines that an ingest stores. */
    @WithDefault("none")
    Compress compress();

    /** The largest rate of an ingest; if absent, the store decides. */
    Optional<IngestRate> ingestRate();

    /** Share of a cluster that an ingest may take. */
    @WithDefault("normal")
    Priority ingestPriority();

    /** Seed nodes of the Aerospike cluster. */
    Optional<List<AerospikeSettings.SeedNode>> aerospikeHosts();

    /** Namespace that holds the lines. */
    @WithDefault("lines")
    String aerospikeNamespace();

    /** User, if the cluster requires one. */
    Optional<String> aerospikeUser();

    /** Password of the user. It has no option, because every user of a machine can read the arguments of a process. */
    Optional<String> aerospikePassword();

    /** True to encrypt the connections to the cluster. */
    @WithDefault("false")
    boolean aerospikeTls();

    /** Name of the cluster; a cluster of another name is refused. */
    Optional<String> aerospikeClusterName();

    /** Deadline of a lookup with all its retries, in milliseconds. */
    @WithDefault("1000")
    long aerospikeTimeout();

    /** Maximum number of connections to a node. Many servers share the 15,000 of its {@code proto-fd-max}. */
    @WithDefault("300")
    int aerospikeConnections();

    /** The kinds of store. */
    enum Kind {
        /** Files on this machine. */
        EMBEDDED,
        /** An Aerospike cluster. */
        AEROSPIKE
    }

    /** How the lines are compressed. */
    enum Compress {
        /** Not at all. */
        NONE,
        /** Blocks of lines as Zstandard frames. */
        ZSTD
    }

    /** How an ingest shares a cluster with its other users. */
    enum Priority {
        /** Several batches in flight, fewer while the cluster is overloaded. */
        NORMAL,
        /** One batch in flight, and pauses as long as the batches. */
        LOW
    }
}
