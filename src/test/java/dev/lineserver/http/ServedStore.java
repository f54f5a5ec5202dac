package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.smallrye.config.SmallRyeConfigBuilder;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.StoreConfig;
import dev.lineserver.config.Stores;
import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.IngestOptions;
import dev.lineserver.ingest.Ingests;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.PublicationChecks;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.aerospike.AerospikeStore;
import dev.lineserver.store.aerospike.FakeAerospikeNode;
import dev.lineserver.store.aerospike.TestSettings;

/** A store with three datasets, for the application or for a plain server. Only one may exist at a time. */
public final class ServedStore implements QuarkusTestResourceLifecycleManager, AutoCloseable {
    static final byte[] CONTENT = Samples.random(3_000, 200, 21);
    /** One edge case per line: empty, only a carriage return, NUL, not ASCII, very long and not UTF-8, no terminator. */
    static final byte[] EDGES = edges();
    /** Lines so long that they are read in parts. Stored as a copy. */
    static final byte[] LONG = longLines();

    private static Path directory = Path.of("unset");
    private static Map<String, String> settings = Map.of();

    private final @Nullable FakeAerospikeNode node;

    enum Backend {
        EMBEDDED,
        AEROSPIKE
    }

    /** Quarkus calls this constructor. */
    public ServedStore() {
        node = null;
    }

    ServedStore(Backend backend) throws Exception {
        node = backend == Backend.AEROSPIKE ? new FakeAerospikeNode() : null;
        fill();
    }

    private void fill() throws Exception {
        directory = Files.createTempDirectory("line-server-test");
        Map<String, String> values = new HashMap<>();
        values.put("line-server.data-dir", directory.resolve("data").toString());
        if (node != null) {
            values.put("line-server.aerospike-hosts", node.address());
        }
        settings = Map.copyOf(values);
        ingest("default", CONTENT, false);
        ingest("edges", EDGES, false);
        ingest("long", LONG, true);
    }

    /** The settings of the application that reads this store. */
    static Map<String, String> settings() {
        return settings;
    }

    /** The only node of the cluster. */
    FakeAerospikeNode node() {
        return Objects.requireNonNull(node);
    }

    @Override
    public Map<String, String> start() {
        try {
            fill();
            return settings;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {}

    @Override
    public void close() throws Exception {
        if (node != null) {
            node.close();
        }
    }

    /** Runs the application over an embedded store. */
    abstract static class EmbeddedProfile implements QuarkusTestProfile {
        private final Map<String, String> overrides;

        EmbeddedProfile(Map<String, String> overrides) {
            this.overrides = overrides;
        }

        @Override
        public Map<String, String> getConfigOverrides() {
            return overrides;
        }

        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(ServedStore.class));
        }
    }

    static LineStore open() throws StoreException {
        return Stores.open(config(), null);
    }

    /** Opens the store with so much time for each line that it is not late on a busy machine. */
    static LineStore openPatient() throws StoreException {
        return Stores.open(config(Map.of("line-server.aerospike-timeout", "20000")), null);
    }

    /** Opens the store with a shorter grace, because closing it after a change waits for that time. */
    private static LineStore openForChanges() throws StoreException {
        return config().aerospikeHosts().isEmpty()
                ? open()
                : AerospikeStore.connect(
                        TestSettings.of(config().aerospikeHosts().orElseThrow()).settings(), TestSettings.LOOPS);
    }

    private static StoreConfig config() {
        return config(Map.of());
    }

    private static StoreConfig config(Map<String, String> more) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredCustomizers()
                .withMapping(StoreConfig.class)
                .withDefaultValues(settings)
                .withDefaultValues(more)
                .build()
                .getConfigMapping(StoreConfig.class);
    }

    static Path source(String dataset) {
        return directory.resolve(dataset + ".txt");
    }

    /** Stores {@code content} as the next version of a dataset. */
    static Manifest ingest(String dataset, byte[] content, boolean copy) throws Exception {
        Path file = directory.resolve(dataset + ".txt.new");
        Files.write(file, content);
        Files.move(file, source(dataset), StandardCopyOption.REPLACE_EXISTING);
        try (LineStore store = openForChanges()) {
            return Ingests.store(store, source(dataset), new DatasetName(dataset), copy)
                    .manifest();
        }
    }

    /** Stores {@code content} as the next version of a dataset, as a copy, with the number of versions to keep. */
    static Manifest ingest(String dataset, byte[] content, int keep, boolean hold) throws Exception {
        Path file = directory.resolve(dataset + "-kept.txt");
        Files.write(file, content);
        try (LineStore store = openForChanges()) {
            return new Ingest(store, Progress.SILENT)
                    .store(
                            List.of(file.toString()),
                            new IngestOptions(
                                    new DatasetName(dataset),
                                    true,
                                    false,
                                    keep,
                                    hold,
                                    LinesPerRecord.ONE,
                                    false,
                                    null,
                                    PublicationChecks.NONE,
                                    IngestOptions.Unfinished.REFUSE))
                    .manifest();
        }
    }

    /** Makes a stored version the current one. */
    static void publish(String dataset, long version, int keep) throws Exception {
        try (LineStore store = openForChanges()) {
            Manifest _ = store.publish(new DatasetName(dataset), version, keep);
        }
    }

    static void drop(String dataset) throws Exception {
        try (LineStore store = openForChanges()) {
            store.drop(new DatasetName(dataset));
        }
    }

    private static byte[] edges() {
        byte[] text = "\n\r\nA\u0000B\nü€\nlast, ".getBytes(StandardCharsets.UTF_8);
        byte[] content = Arrays.copyOf(text, text.length + (3 << 20));
        for (int i = text.length; i < content.length; i++) {
            content[i] = (byte) (0x80 | i % 61);
        }
        return content;
    }

    private static byte[] longLines() {
        byte[] content = new byte[4 * ((1 << 20) + 50_000)];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) ('a' + i / 7 % 23);
        }
        for (int line = 1; line <= 4; line++) {
            content[line * content.length / 4 - 1] = '\n';
        }
        return content;
    }
}
