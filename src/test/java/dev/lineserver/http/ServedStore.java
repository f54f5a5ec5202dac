package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.smallrye.config.SmallRyeConfigBuilder;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.StoreConfig;
import dev.lineserver.config.Stores;
import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.aerospike.FakeAerospikeNode;

/** A store for the application under test, of the kind that its argument names, with three datasets in it. */
public final class ServedStore implements QuarkusTestResourceLifecycleManager {
    static final String KIND = "kind";
    static final byte[] CONTENT = Samples.random(3_000, 200, 21);
    /** Edges, one a line. */
    static final byte[] EDGES = edges();
    /** Lines that travel in parts, stored as a copy. */
    static final byte[] LONG = longLines();

    private static Path directory = Path.of("unset");
    private static Map<String, String> settings = Map.of();
    private static @Nullable FakeAerospikeNode node;

    private boolean aerospike;

    @Override
    public void init(Map<String, String> arguments) {
        aerospike = "aerospike".equals(arguments.get(KIND));
    }

    @Override
    public Map<String, String> start() {
        try {
            directory = Files.createTempDirectory("line-server-test");
            settings = new HashMap<>();
            settings.put("line-server.data-dir", directory.resolve("data").toString());
            if (aerospike) {
                node = new FakeAerospikeNode();
                settings.put("line-server.aerospike-hosts", node.address());
            }
            ingest("default", CONTENT, false);
            ingest("edges", EDGES, false);
            ingest("long", LONG, true);
            return Map.copyOf(settings);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        try {
            if (node != null) {
                node.close();
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A run of the application over one kind of store. */
    abstract static class Profile implements QuarkusTestProfile {
        private final String kind;
        private final Map<String, String> overrides;

        Profile(String kind, Map<String, String> overrides) {
            this.kind = kind;
            this.overrides = overrides;
        }

        @Override
        public Map<String, String> getConfigOverrides() {
            return overrides;
        }

        @Override
        public List<TestResourceEntry> testResources() {
            return List.of(new TestResourceEntry(ServedStore.class, Map.of(KIND, kind)));
        }
    }

    private static LineStore store() throws Exception {
        return Stores.open(
                new SmallRyeConfigBuilder()
                        .addDiscoveredCustomizers()
                        .withMapping(StoreConfig.class)
                        .withDefaultValues(settings)
                        .build()
                        .getConfigMapping(StoreConfig.class),
                null);
    }

    static Path source(String dataset) {
        return directory.resolve(dataset + ".txt");
    }

    /** Stores a content as the dataset's next version. */
    static Manifest ingest(String dataset, byte[] content, boolean copy) throws Exception {
        Path file = directory.resolve(dataset + ".txt.new");
        Files.write(file, content);
        Files.move(file, source(dataset), StandardCopyOption.REPLACE_EXISTING);
        try (LineStore store = store()) {
            return new Ingest(store, Progress.SILENT)
                    .store(source(dataset).toString(), new DatasetName(dataset), copy, false)
                    .manifest();
        }
    }

    static void drop(String dataset) throws Exception {
        try (LineStore store = store()) {
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
