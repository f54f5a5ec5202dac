package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.Source;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.embedded.EmbeddedStore;

/** A data directory for the application under test, with two datasets in it. */
public final class ServedStore implements QuarkusTestResourceLifecycleManager {
    static final byte[] CONTENT = Samples.random(3_000, 200, 21);
    /** Edges, one a line. */
    static final byte[] EDGES = edges();

    private static Path directory = Path.of("unset");

    @Override
    public Map<String, String> start() {
        try {
            directory = Files.createTempDirectory("line-server-test");
            ingest("default", CONTENT);
            ingest("edges", EDGES);
            return Map.of("line-server.data-dir", directory.resolve("data").toString());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop() {
        // A temporary folder of the operating system's.
    }

    static Path source(String dataset) {
        return directory.resolve(dataset + ".txt");
    }

    /** Stores a content as the dataset's next version. */
    static Manifest ingest(String dataset, byte[] content) throws Exception {
        Path file = directory.resolve(dataset + ".txt.new");
        Files.write(file, content);
        Files.move(file, source(dataset), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        try (EmbeddedStore store = EmbeddedStore.open(directory.resolve("data"), null);
                Source source = Source.open(source(dataset).toString())) {
            return new Ingest(store, Progress.SILENT)
                    .store(source, new DatasetName(dataset), false)
                    .manifest();
        }
    }

    static void drop(String dataset) throws Exception {
        try (EmbeddedStore store = EmbeddedStore.open(directory.resolve("data"), null)) {
            store.drop(new DatasetName(dataset));
        }
    }

    private static byte[] edges() {
        byte[] text = "\n\r\nA\u0000B\nü€\nlast, ".getBytes(StandardCharsets.UTF_8);
        byte[] content = java.util.Arrays.copyOf(text, text.length + (3 << 20));
        for (int i = text.length; i < content.length; i++) {
            content[i] = (byte) (0x80 | i % 61);
        }
        return content;
    }
}
