package dev.lineserver.store.aerospike.registry;

import java.util.Map;

import com.aerospike.client.Bin;
import com.aerospike.client.Record;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ManifestForm;
import dev.lineserver.store.StoreFailedException;

/** Stores the registry in a record: maps of maps, legible in any of Aerospike's tools. */
public final class RegistryForm {
    /** Raised when older programs can no longer read the record. Unknown entries of a map are ignored by all of them. */
    private static final long REVISION = 2;

    private static final String FORM = "form";

    private RegistryForm() {}

    /** Its components, and the revision of the form that they have. */
    public static Bin[] toBins(Registry registry) {
        return new Bin[] {
            new Bin(FORM, REVISION),
            bin("datasets", registry.datasets()),
            bin("sets", registry.sets()),
            bin("leases", registry.leases())
        };
    }

    private static Bin bin(String name, Map<String, ?> entries) {
        return new Bin(name, (Map<?, ?>) ManifestForm.MAPPER.convertValue(entries, Map.class));
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
            return ManifestForm.MAPPER.convertValue(record.bins, Registry.class);
        } catch (RuntimeException e) {
            // Wrong types, missing entries, invalid names: the record belongs to another program, or is damaged.
            throw new StoreFailedException(
                    "the registry in Aerospike cannot be read: "
                            + String.valueOf(e.getMessage()).replaceAll("\\R at \\[[^]]*]", ""),
                    e);
        }
    }
}
