package dev.lineserver.store.aerospike.registry;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

import com.aerospike.client.Bin;
import com.aerospike.client.Record;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ManifestForm;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Any bins as the record of the registry, in JSON: it is refused with a {@link StoreFailedException}, or is the same after
 * it was written.
 */
public final class FuzzedRegistries {
    /** Aerospike knows whole numbers of 64 bits only. */
    private static final ObjectReader BINS = ManifestForm.MAPPER
            .readerFor(new TypeReference<Map<String, Object>>() {})
            .with(DeserializationFeature.USE_LONG_FOR_INTS);

    private FuzzedRegistries() {}

    public static void fuzzerTestOneInput(byte[] bytes) throws StoreFailedException {
        @Nullable Map<String, Object> bins;
        try {
            bins = BINS.readValue(bytes);
        } catch (IOException noJson) {
            return;
        }
        if (bins == null) {
            return;
        }
        Registry registry;
        try {
            registry = RegistryForm.fromRecord(new Record(bins, 1, 0));
        } catch (StoreFailedException refused) {
            return;
        }
        Map<String, Object> written = new HashMap<>();
        for (Bin bin : RegistryForm.toBins(registry)) {
            written.put(bin.name, bin.value.getObject());
        }
        assertEquals(registry, RegistryForm.fromRecord(new Record(written, 1, 0)));
    }
}
