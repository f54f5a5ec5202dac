package dev.lineserver.store.aerospike;

import java.lang.reflect.Field;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.ResultCode;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class NamesAndCodesTest {
    @Test
    void setNamesAreShortAndDistinct() {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < 4_000; i++) {
            String name = SetChoice.name(i);
            assertTrue(name.length() <= 3 && names.add(name), name);
        }
        assertEquals(
                List.of("a", "z", "aa", "ba"),
                List.of(SetChoice.name(0), SetChoice.name(25), SetChoice.name(26), SetChoice.name(52)));
    }

    @Test
    void aSetThatIsUsedAgainHasAnotherBin() {
        LineSet set = new LineSet("a", LineSet.State.BUILDING, "d", 1, 1, 0);
        Set<String> bins = new HashSet<>();
        for (int i = 0; i < 52 * 53; i++) {
            assertTrue(set.bin().length() <= 2 && bins.add(set.bin()), set.bin());
            set = set.refill("d", 1, 0);
        }
        assertEquals("a", set.bin(), "begins again");
    }

    @Test
    void everyResultCodeSaysWhetherToTryAgainAndWhatHappened() throws Exception {
        for (Field field : ResultCode.class.getFields()) {
            int code = field.getInt(null);
            StoreException failure = Failures.of(new AerospikeException(code, "as the server says"), "reading a line");
            assertTrue(failure.getMessage().startsWith("reading a line failed: as the server says"), field.getName());
            assertEquals(Failures.passes(code), failure instanceof StoreUnavailableException, field.getName());
        }
    }

    @Test
    void whatPassesIsTriedAgainAndWhatDoesNotIsNot() {
        for (int code : new int[] {
            ResultCode.TIMEOUT,
            ResultCode.DEVICE_OVERLOAD,
            ResultCode.SERVER_NOT_AVAILABLE,
            ResultCode.ASYNC_QUEUE_FULL,
            ResultCode.PARTITION_UNAVAILABLE,
            ResultCode.NO_MORE_CONNECTIONS
        }) {
            assertTrue(Failures.passes(code) && Failures.writePasses(code), ResultCode.getResultString(code));
        }
        for (int code : new int[] {
            ResultCode.SERVER_MEM_ERROR,
            ResultCode.INVALID_NAMESPACE,
            ResultCode.RECORD_TOO_BIG,
            ResultCode.INVALID_USER,
            ResultCode.PARAMETER_ERROR
        }) {
            assertNotEquals(
                    true, Failures.passes(code) || Failures.writePasses(code), ResultCode.getResultString(code));
        }
    }
}
