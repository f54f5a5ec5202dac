package dev.lineserver.store.aerospike.registry;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

import com.aerospike.client.Bin;
import com.aerospike.client.Record;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreFailedException;

/** Stores the registry in a record: maps of maps, legible in any of Aerospike's tools. */
public final class RegistryForm {
    /** Raised when older programs can no longer read the record. Unknown entries of a map are ignored by all of them. */
    private static final long REVISION = 1;

    private static final String FORM = "form";
    private static final String DATASETS = "datasets";
    private static final String SETS = "sets";
    private static final String LEASES = "leases";

    private RegistryForm() {}

    public static Bin[] toBins(Registry registry) {
        return new Bin[] {
            new Bin(FORM, REVISION),
            new Bin(DATASETS, toEach(registry.datasets(), RegistryForm::fromPublished)),
            new Bin(SETS, toEach(registry.sets(), RegistryForm::fromSet)),
            new Bin(LEASES, toEach(registry.leases(), RegistryForm::fromLease)),
        };
    }

    /** The registry in a record; empty if there is no record. */
    public static Registry fromRecord(@Nullable Record record) throws StoreFailedException {
        if (record == null) {
            return Registry.empty();
        }
        if (record.getLong(FORM) != REVISION) {
            throw new StoreFailedException("the registry in Aerospike has form " + record.getLong(FORM)
                    + ", this program reads form " + REVISION + ": use the program that wrote it, or a newer one");
        }
        try {
            return new Registry(
                    fromEach(record.getMap(DATASETS), RegistryForm::toPublished),
                    fromEach(record.getMap(SETS), RegistryForm::toSet),
                    fromEach(record.getMap(LEASES), RegistryForm::toLease));
        } catch (RuntimeException e) {
            // Wrong types, missing entries, invalid names: the record belongs to another program, or is damaged.
            throw new StoreFailedException("the registry in Aerospike cannot be read: " + e.getMessage(), e);
        }
    }

    private static Map<String, Object> fromPublished(Registry.Published published) {
        Manifest manifest = published.manifest();
        Content content = manifest.content();
        Map<String, Object> map = new TreeMap<>();
        map.put("dataset", manifest.dataset().value());
        map.put("version", manifest.version());
        map.put("lines", content.lineCount());
        map.put("bytes", content.byteCount());
        map.put("digest", content.digest().toString());
        map.put("longest", content.longestLine());
        map.put("terminated", content.terminated() ? 1L : 0L);
        map.put("source", manifest.sourceName());
        map.put("layout", manifest.layout());
        map.put("created", manifest.createdAt().toEpochMilli());
        map.put("set", published.set());
        map.put("build", published.build());
        return map;
    }

    private static Registry.Published toPublished(Map<?, ?> map) {
        Content content = new Content(
                number(map, "lines"),
                number(map, "bytes"),
                ContentDigest.parse(text(map, "digest")),
                number(map, "longest"),
                number(map, "terminated") == 1);
        Manifest manifest = new Manifest(
                new DatasetName(text(map, "dataset")),
                number(map, "version"),
                content,
                text(map, "source"),
                text(map, "layout"),
                Instant.ofEpochMilli(number(map, "created")));
        return new Registry.Published(manifest, text(map, "set"), text(map, "build"));
    }

    private static Map<String, Object> fromSet(LineSet set) {
        Map<String, Object> map = new TreeMap<>();
        map.put("name", set.name());
        map.put("state", set.state().name());
        map.put("dataset", set.dataset());
        map.put("version", set.version());
        map.put("uses", set.uses());
        map.put("since", set.since());
        map.put("held", set.heldUntil());
        return map;
    }

    private static LineSet toSet(Map<?, ?> map) {
        return new LineSet(
                text(map, "name"),
                LineSet.State.valueOf(text(map, "state")),
                text(map, "dataset"),
                number(map, "version"),
                number(map, "uses"),
                number(map, "since"),
                map.containsKey("held") ? number(map, "held") : 0);
    }

    private static Map<String, Object> fromLease(Registry.Lease lease) {
        Map<String, Object> map = new TreeMap<>();
        map.put("build", lease.build());
        map.put("owner", lease.owner());
        map.put("set", lease.set());
        map.put("until", lease.until());
        return map;
    }

    private static Registry.Lease toLease(Map<?, ?> map) {
        return new Registry.Lease(text(map, "build"), text(map, "owner"), text(map, "set"), number(map, "until"));
    }

    private static <V> Map<String, Map<String, Object>> toEach(
            SortedMap<String, V> from, Function<V, Map<String, Object>> form) {
        Map<String, Map<String, Object>> to = new TreeMap<>();
        from.forEach((key, value) -> to.put(key, form.apply(value)));
        return to;
    }

    private static <V> SortedMap<String, V> fromEach(Map<?, ?> from, Function<Map<?, ?>, V> form) {
        SortedMap<String, V> to = new TreeMap<>();
        from.forEach((key, value) -> to.put((String) key, form.apply((Map<?, ?>) value)));
        return to;
    }

    private static String text(Map<?, ?> map, String name) {
        return (String) Objects.requireNonNull(map.get(name), () -> "no text '" + name + "' in " + map);
    }

    private static long number(Map<?, ?> map, String name) {
        return (Long) Objects.requireNonNull(map.get(name), () -> "no number '" + name + "' in " + map);
    }
}
