package dev.lineserver.store.aerospike;

import java.util.Locale;
import java.util.regex.Pattern;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Maps Aerospike result codes to store exceptions: transient, to be retried after a backoff, or permanent, with a
 * remedy.
 */
final class ClusterFailures {
    /** Matches messages of the server and of the client, such as {@code Error 60: Login failed}. */
    private static final Pattern USER_REFUSED = Pattern.compile(
            "Login failed|Invalid (user|password|credential)|Password expired|Authentication failed|Not authenticated");

    /** The results {@link ResultCode#SECURITY_NOT_SUPPORTED} and {@link ResultCode#SECURITY_NOT_ENABLED}. */
    private static final Pattern NO_USERS = Pattern.compile("Error 5[12]\\b");

    /** What helps a cluster that has stopped taking writes. */
    static final String MAKE_ROOM =
            "drop unfinished ingests ('line-server builds' lists them), or add memory, storage or nodes; or raise the"
                    + " stop-writes limits, drop datasets, and lower them again";

    private ClusterFailures() {}

    /** Explains a failed connect. The client reports the failures of the seed nodes only in the text of its message. */
    static StoreException connectFailure(AerospikeException e, AerospikeSettings settings) {
        String text = String.valueOf(e.getMessage()).strip().replaceAll("\\R+", " ");
        String nodes = "the Aerospike nodes at " + settings.hosts();
        if (text.contains("expected cluster name")) {
            return new StoreFailedException(
                    nodes + " belong to another cluster: " + text.substring(text.indexOf("expected"))
                            + ". Correct the cluster name setting, or the hosts",
                    e);
        }
        if (NO_USERS.matcher(text).find()) {
            return new StoreFailedException(
                    nodes + " have no users, as in Community Edition, so '" + settings.credentials()
                            + "' cannot log in: leave out --aerospike-user and LINE_SERVER_AEROSPIKE_PASSWORD",
                    e);
        }
        if (USER_REFUSED.matcher(text).find()) {
            return new StoreFailedException(
                    nodes + " refused the user '" + settings.credentials()
                            + "': check --aerospike-user and LINE_SERVER_AEROSPIKE_PASSWORD",
                    e);
        }
        if (text.contains("Peers not reachable")) {
            return new StoreUnavailableException(
                    "a node of " + settings.hosts() + " answers, but no other node of its Aerospike cluster does: check"
                            + " that they are up, and that their access-address can be reached from here (" + text
                            + ")",
                    e);
        }
        if (isForming(e)) {
            return new StoreUnavailableException(
                    nodes + " are still starting: wait until they are up, then try again", e);
        }
        return new StoreUnavailableException(
                "no Aerospike node is reachable at " + settings.hosts() + ": check host and port, that the node is up,"
                        + " that its access-address can be reached from here, and whether it requires TLS (" + text
                        + ")",
                e);
    }

    /** Returns true if a connect failed because a node is starting, or because it still names dead nodes as its only peers. */
    static boolean isForming(AerospikeException e) {
        String text = String.valueOf(e.getMessage());
        return text.contains("not yet fully initialized") || text.contains("Peers not reachable");
    }

    /** @param activity begins the message, such as {@code reading line index 7 of …} */
    static StoreException toStoreException(AerospikeException failure, String activity) {
        return toStoreException(failure.getResultCode(), activity, failure);
    }

    static StoreException toStoreException(int code, String activity, @Nullable AerospikeException failure) {
        String message = activity + " failed: " + describe(code, failure);
        if (failure instanceof RefusedReadException) {
            return StoreUnavailableException.refusal(message, failure);
        }
        return isTransient(code)
                ? new StoreUnavailableException(message, failure)
                : new StoreFailedException(message + remedy(code), failure);
    }

    /** Returns true if the same command may succeed later without a change to the cluster or to the settings. */
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
     * Returns true if a write with this result should be retried. That includes FAIL_FORBIDDEN: truncation is by time,
     * so a node whose clock is behind that of the truncating node forbids new records in the set until its clock has
     * caught up.
     */
    static boolean isTransientForWrites(int code) {
        return code == ResultCode.FAIL_FORBIDDEN || isTransient(code);
    }

    /** Returns true if fewer commands at a time make this result less likely. */
    static boolean isOverload(int code) {
        return switch (code) {
            case ResultCode.TIMEOUT,
                    ResultCode.DEVICE_OVERLOAD,
                    ResultCode.BATCH_QUEUES_FULL,
                    ResultCode.QUOTA_EXCEEDED -> true;
            default -> false;
        };
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
                ". The namespace has stopped taking writes: it is out of memory or storage, or at its stop-writes limit."
                        + " To make room, " + MAKE_ROOM;
            case ResultCode.FAIL_FORBIDDEN ->
                ". The server refuses writes to this set: check whether the set has a stop-writes limit, and whether"
                        + " the nodes' clocks agree";
            case ResultCode.INVALID_NAMESPACE ->
                ". The cluster has no such namespace: correct the namespace setting, or configure it on every node";
            case ResultCode.RECORD_TOO_BIG ->
                ". The record exceeds the server's max-record-size: raise it on every node, and ingest again";
            case ResultCode.INVALID_USER,
                    ResultCode.INVALID_PASSWORD,
                    ResultCode.INVALID_CREDENTIAL,
                    ResultCode.EXPIRED_PASSWORD,
                    ResultCode.FORBIDDEN_PASSWORD,
                    ResultCode.NOT_AUTHENTICATED -> ". Authentication failed: check user and password";
            case ResultCode.ROLE_VIOLATION -> ". The user lacks a role: grant read-write and truncate on the namespace";
            case ResultCode.SECURITY_NOT_ENABLED, ResultCode.SECURITY_NOT_SUPPORTED ->
                ". The cluster has no users (Community Edition has none): remove user and password from the settings";
            case ResultCode.BATCH_DISABLED, ResultCode.BATCH_MAX_REQUESTS_EXCEEDED ->
                ". Raise the server's batch-max-requests";
            default ->
                ". Check the server's log (" + ResultCode.getResultString(code).toLowerCase(Locale.ROOT) + ")";
        };
    }
}
