package dev.lineserver.store.aerospike.registry;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

import com.aerospike.client.Bin;
import com.aerospike.client.Record;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ManifestForm;
import dev.lineserver.store.StoreFailedException;

/** Converts the registry to and from a record. Its bins are maps of maps, which all of Aerospike's tools display. */
public final class RegistryForm {
    /**
     * Increased if older programs cannot read the record, or must not replace it. They ignore unknown entries of a map, and
     * lose them when they replace the record.
     */
    private static final long REVISION = 5;

    /** Has no parts of builds, and is read as well. */
    private static final long REVISION_WITHOUT_PARTS = 4;

    /** Has no builds, and is read as well. */
    private static final long REVISION_WITHOUT_BUILDS = 3;

    private static final String FORM = "form";
    private static final String BUILDS = "builds";

    private RegistryForm() {}

    /** Returns a bin for each component of the registry, and one for the revision of their form. */
    public static Bin[] toBins(Registry registry) {
        return new Bin[] {
            new Bin(FORM, REVISION),
            bin("datasets", registry.datasets()),
            bin("sets", registry.sets()),
            bin("leases", registry.leases()),
            bin(BUILDS, registry.builds())
        };
    }

    private static Bin bin(String name, Map<String, ?> entries) {
        return new Bin(name, (Map<?, ?>) ManifestForm.MAPPER.convertValue(entries, Map.class));
    }

    /** Returns the registry in a record; an empty one if there is no record. */
    public static Registry fromRecord(@Nullable Record record) throws StoreFailedException {
        if (record == null) {
            return Registry.empty();
        }
        Object form = Objects.requireNonNullElse(record.getValue(FORM), 0L);
        Map<String, Object> bins = new HashMap<>(record.bins);
        if (form.equals(REVISION_WITHOUT_BUILDS)) {
            bins.put(BUILDS, Map.of());
        } else if (!form.equals(REVISION) && !form.equals(REVISION_WITHOUT_PARTS)) {
            boolean older = form instanceof Long revision && revision < REVISION;
            throw new StoreFailedException("the registry in Aerospike has form " + form + ", this program reads form "
                    + REVISION + ": use the program that wrote it"
                    + (older ? ", or a namespace without lines, and ingest the files again" : ", or a newer one"));
        }
        try {
            return ManifestForm.MAPPER.convertValue(bins, Registry.class);
        } catch (RuntimeException e) {
            // Wrong types, missing entries or invalid names: the record was written by another program, or is damaged.
            throw new StoreFailedException(
                    "the registry in Aerospike cannot be read: "
                            + String.valueOf(e.getMessage()).replaceAll("\\R at \\[[^]]*]", ""),
                    e);
        }
    }
}
