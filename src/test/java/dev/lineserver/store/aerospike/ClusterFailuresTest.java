package dev.lineserver.store.aerospike;

import java.lang.reflect.Field;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.ResultCode;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class ClusterFailuresTest {
    @Test
    void everyResultCodeMapsToAnExceptionThatSaysWhatHappened() throws Exception {
        for (Field field : ResultCode.class.getFields()) {
            int code = field.getInt(null);
            StoreException failure = ClusterFailures.toStoreException(
                    new AerospikeException(code, "as the server says"), "reading a line");
            assertTrue(failure.getMessage().startsWith("reading a line failed: as the server says"), field.getName());
            assertEquals(
                    ClusterFailures.isTransient(code), failure instanceof StoreUnavailableException, field.getName());
        }
    }

    @Test
    void transientAndPermanentResultCodesAreDistinguished() {
        for (int code : new int[] {
            ResultCode.TIMEOUT,
            ResultCode.DEVICE_OVERLOAD,
            ResultCode.SERVER_NOT_AVAILABLE,
            ResultCode.ASYNC_QUEUE_FULL,
            ResultCode.PARTITION_UNAVAILABLE,
            ResultCode.NO_MORE_CONNECTIONS
        }) {
            assertTrue(
                    ClusterFailures.isTransient(code) && ClusterFailures.isTransientForWrites(code),
                    ResultCode.getResultString(code));
        }
        for (int code : new int[] {
            ResultCode.SERVER_MEM_ERROR,
            ResultCode.INVALID_NAMESPACE,
            ResultCode.RECORD_TOO_BIG,
            ResultCode.INVALID_USER,
            ResultCode.PARAMETER_ERROR
        }) {
            assertNotEquals(
                    true,
                    ClusterFailures.isTransient(code) || ClusterFailures.isTransientForWrites(code),
                    ResultCode.getResultString(code));
        }
    }
}
