package dev.lineserver.store.aerospike.registry;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

import com.aerospike.client.Bin;
import com.aerospike.client.Record;
import org.junit.jupiter.api.Test;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Tests the record of the registry: readable maps, in which unknown entries are ignored and all other deviations
 * refused.
 */
final class RegistryFormTest {
    private static final Registry REGISTRY = registry();

    private static Registry registry() {
        Registry registry = Registry.empty();
        Content content = new Content(3, 14, new ContentDigest(1, 2), 5, true);
        Instant created = Instant.ofEpochMilli(1_700_000_000_123L);
        Manifest manifest = new Manifest(new DatasetName("d"), 7, content, "/f", "a layout", created, List.of());
        Registry.VersionEntry version = new Registry.VersionEntry(manifest, "_a", 4, 3);
        registry.datasets().put("d", new Registry.DatasetEntry(List.of(version), List.of(), 9));
        registry.sets()
                .put(
                        "_a",
                        new LineSet("_a", LineSet.SetState.LIVE, "d", 7, 2, 1_700_000_000_000L, 1_700_000_000_123L, 0));
        registry.leases().put("e", new Registry.Lease("build 2", "process 1", "_b", 1_700_000_030_000L));
        registry.builds()
                .put(
                        "e",
                        new BuildEntry(
                                "_b", "/g", 99, 1, 2, 3, 4, new StoredPrefix(5, 6, "ab", 5, 16, true, 1_000), null));
        registry.builds().put("f", new BuildEntry("_c", "/h", 9, 1, 2, 3, 4, StoredPrefix.NONE, parts()));
        return registry;
    }

    private static Map<String, Object> build() {
        return Map.of(
                "set", "_b",
                "source", "/g",
                "sourceSize", 99L,
                "startedAt", 1L,
                "resumedAt", 2L,
                "resumedFrom", 3L,
                "activeAt", 4L,
                "stored", prefix());
    }

    private static Map<String, Object> prefix() {
        return Map.of(
                "lineCount",
                5L,
                "byteCount",
                6L,
                "digest",
                "ab",
                "writtenLines",
                5L,
                "linesPerRecord",
                16,
                "compressed",
                true,
                "maxBytesPerRecord",
                1_000);
    }

    private static PartsEntry parts() {
        Content content = new Content(100, 9, new ContentDigest(3, 4), 5, true);
        return PartsEntry.of(2, content, 4, false, 1_000)
                .join(1, "holder", "process 3", 7)
                .claim(1, 6)
                .finish(1, 0, 5)
                .claim(1, 6);
    }

    private static Map<String, Object> buildOfParts() {
        Map<String, Object> build = new HashMap<>(build());
        build.putAll(Map.of("set", "_c", "source", "/h", "sourceSize", 9L));
        build.put(
                "stored",
                Map.of(
                        "lineCount",
                        0L,
                        "byteCount",
                        0L,
                        "digest",
                        "",
                        "writtenLines",
                        0L,
                        "linesPerRecord",
                        0,
                        "maxBytesPerRecord",
                        0));
        build.put(
                "parts",
                Map.of(
                        "count",
                        2,
                        "lineCount",
                        100L,
                        "byteCount",
                        9L,
                        "digest",
                        "00000000000000030000000000000004",
                        "linesPerRecord",
                        4,
                        "maxBytesPerRecord",
                        1_000,
                        "chunkLines",
                        4L,
                        "stored",
                        "01",
                        "longLineParts",
                        Map.of("0", 5L),
                        "parts",
                        Map.of(
                                "1",
                                Map.of(
                                        "holder",
                                        "holder",
                                        "owner",
                                        "process 3",
                                        "until",
                                        7L,
                                        "chunk",
                                        1,
                                        "lines",
                                        4L))));
        return build;
    }

    private static Map<String, Object> stored() {
        Map<String, Object> stored = new HashMap<>();
        for (Bin bin : RegistryForm.toBins(REGISTRY)) {
            stored.put(bin.name, bin.value.getObject());
        }
        return stored;
    }

    private static Registry read(Map<String, Object> bins) throws StoreFailedException {
        return RegistryForm.fromRecord(new Record(bins, 1, 0));
    }

    /** Programs without compressed lines have written such builds. */
    @Test
    void aBuildThatDoesNotTellIfItIsCompressedIsNot() throws Exception {
        Map<String, Object> prefix = new HashMap<>(prefix());
        assertEquals(true, prefix.remove("compressed"));
        Map<String, Object> build = new HashMap<>(build());
        build.put("stored", prefix);
        Map<String, Object> bins = stored();
        bins.put("builds", Map.of("e", build));
        assertEquals(
                new StoredPrefix(5, 6, "ab", 5, 16, false, 1_000),
                Objects.requireNonNull(read(bins).builds().get("e")).stored());
    }

    @Test
    void theRecordConsistsOfMapsOfStringsNumbersAndBooleans() throws Exception {
        assertEquals(
                Map.of(
                        "form",
                        5L,
                        "datasets",
                        Map.of("d", dataset(version(manifest()))),
                        "sets",
                        Map.of("_a", set()),
                        "leases",
                        Map.of(
                                "e",
                                Map.of(
                                        "holder",
                                        "build 2",
                                        "owner",
                                        "process 1",
                                        "set",
                                        "_b",
                                        "until",
                                        1_700_000_030_000L)),
                        "builds",
                        Map.of("e", build(), "f", buildOfParts())),
                stored());
        assertEquals(REGISTRY, read(stored()));
    }

    private static Map<String, Object> dataset(Object version) {
        return Map.of("published", List.of(version), "held", List.of(), "lastNumber", 9L);
    }

    private static Map<String, Object> version(Object manifest) {
        return Map.of("manifest", manifest, "set", "_a", "records", 4L, "nodes", 3);
    }

    private static Map<String, Object> manifest() {
        return Map.of(
                "dataset",
                "d",
                "version",
                7L,
                "lines",
                3L,
                "bytes",
                14L,
                "longestLine",
                5L,
                "terminated",
                true,
                "digest",
                new ContentDigest(1, 2).toString(),
                "source",
                "/f",
                "layout",
                "a layout",
                "createdAt",
                "2023-11-14T22:13:20.123Z");
    }

    private static Map<String, Object> set() {
        return Map.of(
                "name",
                "_a",
                "state",
                "LIVE",
                "dataset",
                "d",
                "version",
                7L,
                "build",
                2L,
                "recordsSince",
                1_700_000_000_000L,
                "since",
                1_700_000_000_123L,
                "heldUntil",
                0L);
    }

    /** Returns the registry after its set was stored with these entries. */
    private static Registry withSet(Map<String, Object> set) throws StoreFailedException {
        Map<String, Object> stored = stored();
        stored.put("sets", Map.of("_a", set));
        return read(stored);
    }

    @Test
    void unknownEntriesAreIgnored() throws Exception {
        Map<String, Object> set = new HashMap<>(set());
        set.put("colour", "green");
        assertEquals(REGISTRY, withSet(set));
        Map<String, Object> stored = stored();
        stored.put("more", Map.of("x", 1L));
        assertEquals(REGISTRY, read(stored));
    }

    @Test
    void anEntryThatIsMissingOrOfAnotherTypeIsRefusedByName() {
        for (String name : set().keySet()) {
            Map<String, Object> set = new HashMap<>(set());
            set.remove(name);
            assertRefused(set, name);
            set.put(name, null);
            assertRefused(set, name);
            set.put(name, set().get(name) instanceof String ? 1L : "1");
            assertRefused(set, name);
            set.put(name, List.of());
            assertRefused(set, name);
        }
    }

    private static void assertRefused(Map<String, Object> set, String name) {
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> withSet(set), set::toString);
        String message = e.getMessage();
        assertTrue(message.startsWith("the registry in Aerospike cannot be read: "), message);
        assertTrue(message.contains("'" + name + "'") || message.contains("\"" + name + "\""), message);
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void anInvalidOrMissingManifestIsRefused() {
        for (Object manifest : new Object[] {Map.of(), "", 1L}) {
            Map<String, Object> stored = stored();
            stored.put("datasets", Map.of("d", dataset(version(manifest))));
            assertThrows(StoreFailedException.class, () -> read(stored), manifest::toString);
        }
        Map<String, Object> renamed = new HashMap<>(manifest());
        renamed.put("dataset", "A B");
        Map<String, Object> stored = stored();
        stored.put("datasets", Map.of("d", dataset(version(renamed))));
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> read(stored));
        assertTrue(e.getMessage().contains("'A B' is not a dataset name"), e.getMessage());
    }

    @Test
    void aMissingBinOrAnEmptyEntryIsRefused() {
        for (String bin : List.of("datasets", "sets", "leases")) {
            Map<String, Object> stored = stored();
            stored.remove(bin);
            assertThrows(StoreFailedException.class, () -> read(stored), bin);
            Map<String, Object> entry = new HashMap<>();
            entry.put("d", null);
            stored.put(bin, entry);
            assertThrows(StoreFailedException.class, () -> read(stored), bin);
        }
    }

    @Test
    void anotherRevisionIsRefused() {
        for (long revision : new long[] {1, 2, 6}) {
            Map<String, Object> stored = stored();
            stored.put("form", revision);
            StoreFailedException e = assertThrows(StoreFailedException.class, () -> read(stored));
            assertTrue(e.getMessage().contains("form " + revision), e.getMessage());
            assertTrue(e.getMessage().contains("use the program that wrote it"), e.getMessage());
            assertEquals(revision < 5, e.getMessage().contains("ingest the files again"), e.getMessage());
        }
    }

    /** That of programs that could not resume a build. */
    @Test
    void theRevisionWithoutBuildsIsRead() throws Exception {
        Map<String, Object> stored = stored();
        stored.put("form", 3L);
        stored.remove("builds");
        Registry expected = REGISTRY.copy();
        expected.builds().clear();
        assertEquals(expected, read(stored));
    }

    /** That of programs that knew no parts. */
    @Test
    void theRevisionWithoutPartsIsRead() throws Exception {
        Map<String, Object> stored = stored();
        stored.put("form", 4L);
        stored.put("builds", Map.of("e", build()));
        Registry expected = REGISTRY.copy();
        expected.builds().remove("f");
        assertEquals(expected, read(stored));
    }

    @Test
    void aVersionOfAnEarlierReleaseHasNoNumberOfNodes() throws Exception {
        Map<String, Object> version = new HashMap<>(version(manifest()));
        version.remove("nodes");
        Map<String, Object> stored = stored();
        stored.put("datasets", Map.of("d", dataset(version)));
        assertEquals(0, read(stored).dataset("d").find(7).orElseThrow().nodes());
    }

    /** Otherwise the native program could neither write nor read it. */
    @Test
    void theNativeProgramKnowsEachRecordOfTheRegistry() throws Exception {
        String metadata = new String(
                Objects.requireNonNull(RegistryForm.class.getResourceAsStream(
                                "/META-INF/native-image/dev.lineserver/line-server/reachability-metadata.json"))
                        .readAllBytes(),
                StandardCharsets.UTF_8);
        Set<String> records = new TreeSet<>();
        addRecords(Registry.class, records);
        assertTrue(records.contains(PartEntry.class.getName()), records::toString);
        for (String name : records) {
            assertTrue(metadata.contains('"' + name + '"'), name + " is not in reachability-metadata.json");
        }
    }

    private static void addRecords(Type type, Set<String> records) {
        if (type instanceof ParameterizedType generic) {
            for (Type argument : generic.getActualTypeArguments()) {
                addRecords(argument, records);
            }
        } else if (type instanceof Class<?> candidate
                && candidate.isRecord()
                && candidate.getPackageName().startsWith("dev.lineserver.store.aerospike")
                && records.add(candidate.getName())) {
            for (RecordComponent component : candidate.getRecordComponents()) {
                addRecords(component.getGenericType(), records);
            }
        }
    }

    /** A newer program may say in another way which form it has written. */
    @Test
    void anUnknownRevisionIsRefused() {
        for (Object revision : new Object[] {"5", List.of(5L), 5.5, true}) {
            Map<String, Object> stored = stored();
            stored.put("form", revision);
            StoreFailedException e = assertThrows(StoreFailedException.class, () -> read(stored));
            assertTrue(e.getMessage().contains("form " + revision + ", this program reads form 5"), e.getMessage());
            assertTrue(e.getMessage().contains("use the program that wrote it"), e.getMessage());
        }
        Map<String, Object> stored = stored();
        stored.remove("form");
        assertThrows(StoreFailedException.class, () -> read(stored));
    }
}
