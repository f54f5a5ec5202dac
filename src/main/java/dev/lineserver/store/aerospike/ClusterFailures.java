package dev.lineserver.store.aerospike;

import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/** The meaning of result codes: try again, and when, or stop, and what to change. */
final class ClusterFailures {
    private static final int FIRST_BACKOFF_MILLIS = 20;
    private static final int MAX_BACKOFF_MILLIS = 1_000;

    /** In the texts of the server's result codes, and of the client. */
    private static final Pattern USER_REFUSED = Pattern.compile(
            "Invalid (user|password|credential)|Password expired|Security not|Authentication failed|Not authenticated");

    private ClusterFailures() {}

    /** A failed connect carries the seeds' own failures as text only. */
    static StoreException connectFailure(AerospikeException e, AerospikeSettings settings) {
        String text = String.valueOf(e.getMessage()).strip().replaceAll("\\R+", " ");
        String nodes = "the Aerospike nodes at " + settings.hosts();
        if (text.contains("expected cluster name")) {
            return new StoreFailedException(
                    nodes + " belong to another cluster: " + text.substring(text.indexOf("expected"))
                            + ". Correct the cluster name setting, or the hosts",
                    e);
        }
        if (USER_REFUSED.matcher(text).find()) {
            return new StoreFailedException(
                    nodes + " refused the user '" + settings.credentials()
                            + "': check user and password, and whether the cluster has users at all"
                            + " (Community Edition has none)",
                    e);
        }
        if (text.contains("not yet fully initialized")) {
            return new StoreUnavailableException(
                    nodes + " are still starting: wait until they are up, then try again", e);
        }
        return new StoreUnavailableException(
                "no Aerospike node is reachable at " + settings.hosts() + ": check host and port, that the node is up,"
                        + " that its access-address can be reached from here, and whether it wants TLS (" + text + ")",
                e);
    }

    /** @param activity the activity that the message begins with: {@code reading line index 7 of …} */
    static StoreException toStoreException(AerospikeException failure, String activity) {
        return toStoreException(failure.getResultCode(), activity, failure);
    }

    static StoreException toStoreException(int code, String activity, @Nullable AerospikeException failure) {
        String message = activity + " failed: " + describe(code, failure);
        return isTransient(code)
                ? new StoreUnavailableException(message, failure)
                : new StoreFailedException(message + remedy(code), failure);
    }

    /** Returns true if the same request may succeed a little later without anybody changing anything. */
    static boolean isTransient(int code) {
        return switch (code) {
            case ResultCode.TIMEOUT,
                    ResultCode.DEVICE_OVERLOAD,
                    ResultCode.KEY_BUSY,
                    ResultCode.PARTITION_UNAVAILABLE,
                    ResultCode.BATCH_QUEUES_FULL,
                    ResultCode.QUOTA_EXCEEDED,
                    ResultCode.EXPIRED_SESSION,
                    ResultCode.NO_RESPONSE,
                    ResultCode.BATCH_FAILED,
                    ResultCode.MAX_ERROR_RATE,
                    ResultCode.MAX_RETRIES_EXCEEDED,
                    ResultCode.ASYNC_QUEUE_FULL,
                    ResultCode.SERVER_NOT_AVAILABLE,
                    ResultCode.NO_MORE_CONNECTIONS,
                    ResultCode.INVALID_NODE_ERROR,
                    ResultCode.CLIENT_ERROR -> true;
            default -> false;
        };
    }

    /**
     * Returns true if a write of this result is worth repeating. A node whose clock is behind that of the node which truncated
     * the set refuses to create records in it as forbidden, until its clock has caught up.
     */
    static boolean isTransientForWrites(int code) {
        return code == ResultCode.FAIL_FORBIDDEN || isTransient(code);
    }

    /**
     * Pause before the next attempt: each is up to twice as long as the one before, and random, so that rivals do not meet
     * again.
     *
     * @param failures number of attempts that failed, at least 1
     */
    static int backoffMillis(int failures) {
        int max = Math.min(MAX_BACKOFF_MILLIS, FIRST_BACKOFF_MILLIS << Math.min(failures - 1, Byte.SIZE));
        return max / 2 + ThreadLocalRandom.current().nextInt(max / 2);
    }

    private static String describe(int code, @Nullable AerospikeException failure) {
        String node = failure == null || failure.getNode() == null ? "" : " (node " + failure.getNode() + ")";
        String text = failure == null ? null : failure.getBaseMessage();
        String reason = text == null || text.isBlank() ? ResultCode.getResultString(code) : text.strip();
        return reason.lines().findFirst().orElseThrow() + node + ", Aerospike result code " + code;
    }

    private static String remedy(int code) {
        return switch (code) {
            case ResultCode.SERVER_MEM_ERROR ->
                ". The namespace has stopped taking writes: it is out of memory or disk, or at its stop-writes limit."
                        + " Add nodes or storage, or drop datasets";
            case ResultCode.FAIL_FORBIDDEN ->
                ". The server refuses writes to this set at present: look for a stop-writes limit of the set, and"
                        + " whether the nodes' clocks agree";
            case ResultCode.INVALID_NAMESPACE ->
                ". The cluster has no such namespace: correct the namespace setting, or configure it on every node";
            case ResultCode.RECORD_TOO_BIG ->
                ". The server's max-record-size is smaller than it says or was lowered: raise it, and ingest again";
            case ResultCode.INVALID_USER,
                    ResultCode.INVALID_PASSWORD,
                    ResultCode.INVALID_CREDENTIAL,
                    ResultCode.EXPIRED_PASSWORD,
                    ResultCode.FORBIDDEN_PASSWORD,
                    ResultCode.NOT_AUTHENTICATED -> ". Authentication failed: check user and password";
            case ResultCode.ROLE_VIOLATION ->
                ". The user may not do this: grant the roles read-write and truncate on the namespace";
            case ResultCode.SECURITY_NOT_ENABLED, ResultCode.SECURITY_NOT_SUPPORTED ->
                ". The cluster knows no users (Community Edition does not): leave user and password out";
            case ResultCode.BATCH_DISABLED, ResultCode.BATCH_MAX_REQUESTS_EXCEEDED ->
                ". Raise the server's batch-max-requests";
            default ->
                ". Look into the server's log ("
                        + ResultCode.getResultString(code).toLowerCase(Locale.ROOT) + ")";
        };
    }
}
