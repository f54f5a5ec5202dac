package dev.lineserver.store.aerospike;

import java.util.Calendar;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.cluster.Node;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.Registry;
import dev.lineserver.store.aerospike.registry.RegistryAccess;
import dev.lineserver.store.aerospike.registry.RegistryForm;

/**
 * Stores the {@link Registry} in one record. Concurrent processes are ordered by the generation of the record: a write
 * succeeds only if the record still has the generation that was read, else it is read and changed again.
 */
final class RegistryRecord implements RegistryAccess {
    private static final String SET = "lines-m";
    private static final String KEY = "registry";
    private static final int MAX_ATTEMPTS = 12;
    private static final int MAX_INFO_ATTEMPTS = 5;

    private final ConnectedCluster cluster;
    private final Key key;

    RegistryRecord(ConnectedCluster cluster) {
        this.cluster = cluster;
        this.key = new Key(cluster.settings.namespace(), SET, KEY);
    }

    @Override
    public int nodeCount() {
        return cluster.client.getNodes().length;
    }

    @Override
    public Registry read() throws StoreException {
        try {
            return RegistryForm.fromRecord(get());
        } catch (AerospikeException e) {
            throw ClusterFailures.toStoreException(e, "reading the registry");
        }
    }

    @Override
    public Registry update(String activity, RegistryChange change) throws StoreException {
        for (int attempt = 1; ; attempt++) {
            try {
                Record record = get();
                Registry before = RegistryForm.fromRecord(record);
                // An earlier attempt of this loop may have succeeded although it timed out. The change detects that,
                // and leaves the copy equal.
                Registry after = before.copy();
                change.apply(after);
                if (!after.equals(before)) {
                    int generation = record == null ? 0 : record.generation;
                    cluster.client.put(cluster.policies.registryWrite(generation), key, RegistryForm.toBins(after));
                }
                return after;
            } catch (AerospikeException e) {
                if (attempt == MAX_ATTEMPTS
                        || !(isConflict(e.getResultCode()) || ClusterFailures.isTransient(e.getResultCode()))) {
                    throw toStoreException(e, activity);
                }
            }
            backOff(attempt, activity);
        }
    }

    /**
     * Returns the record, or null if the namespace has never held a version. A cluster without strong consistency reports
     * a record as missing while all nodes with a copy of it are away, and would accept another one. That would be an empty
     * registry, which replaces the real one when the nodes come back: all versions would be lost. The sets of the versions
     * are on all nodes, so they show that there is a registry.
     */
    private @Nullable Record get() throws StoreException {
        cluster.countNodes();
        Record record = cluster.client.get(cluster.policies.registryRead, key);
        if (record == null) {
            List<String> used = setCounts().entrySet().stream()
                    .filter(set -> set.getValue().copies() > 0 && Registry.isSetName(set.getKey()))
                    .map(Map.Entry::getKey)
                    .sorted()
                    .toList();
            if (!used.isEmpty()) {
                throw new StoreUnavailableException("the registry of namespace " + key.namespace
                        + " is missing, but its sets " + used + " have records: start all nodes of the cluster. If the"
                        + " registry is lost for good, truncate these sets, or use another namespace");
            }
        }
        return record;
    }

    private static StoreException toStoreException(AerospikeException e, String activity) {
        if (e.getResultCode() == ResultCode.RECORD_TOO_BIG) {
            return new StoreFailedException(
                    activity + " failed: the registry no longer fits the server's max-record-size."
                            + " Drop datasets, or raise max-record-size on every node",
                    e);
        }
        return isConflict(e.getResultCode())
                ? new StoreUnavailableException(
                        activity + " failed: other processes changed the registry during each of " + MAX_ATTEMPTS
                                + " attempts",
                        e)
                : ClusterFailures.toStoreException(e, activity);
    }

    /** Returns true if another process wrote, created or deleted the record between this process's read and write. */
    private static boolean isConflict(int code) {
        return code == ResultCode.GENERATION_ERROR
                || code == ResultCode.KEY_EXISTS_ERROR
                || code == ResultCode.KEY_NOT_FOUND_ERROR;
    }

    @Override
    public void truncate(String set) throws StoreException {
        truncate(set, null);
    }

    @Override
    public void truncateBefore(String set, long time) throws StoreException {
        Calendar before = Calendar.getInstance();
        before.setTimeInMillis(time);
        retry("truncating set " + set, () -> truncate(set, before));
    }

    private void truncate(String set, @Nullable Calendar before) throws StoreException {
        String activity = "truncating set " + set + " of namespace " + key.namespace;
        try {
            cluster.client.truncate(cluster.policies.info, key.namespace, set, before);
        } catch (AerospikeException e) {
            // The client reports a refused info command as CLIENT_ERROR. The code of the server is only in the text.
            boolean forbidden = e.getResultCode() == ResultCode.CLIENT_ERROR
                    && String.valueOf(e.getBaseMessage()).contains("ERROR:" + ResultCode.ROLE_VIOLATION);
            throw ClusterFailures.toStoreException(
                    forbidden ? ResultCode.ROLE_VIOLATION : e.getResultCode(), activity, e);
        }
    }

    @Override
    public void forgetTruncations(String set) throws StoreException {
        retry("undoing the truncation of set " + set, () -> {
            // One node tells the others.
            Node node = cluster.nodes().getFirst();
            String answer = cluster.info(node, "truncate-undo:namespace=" + key.namespace + ";set=" + set);
            if (!answer.equals("ok")) {
                throw new StoreUnavailableException(
                        "node " + node + " did not undo the truncation of set " + set + ": " + answer);
            }
        });
    }

    /** A command to the cluster. */
    private interface Command {
        void send() throws StoreException;
    }

    /**
     * Repeats a command after transient failures. The command has the same effect if it is executed twice: a node that
     * receives a truncation answers with a timeout if the others have not confirmed it within two seconds, but keeps it.
     */
    private static void retry(String activity, Command command) throws StoreException {
        for (int attempt = 1; ; attempt++) {
            try {
                command.send();
                return;
            } catch (StoreUnavailableException e) {
                if (attempt == MAX_INFO_ATTEMPTS) {
                    throw e;
                }
            }
            backOff(attempt, activity);
        }
    }

    private static void backOff(int failures, String activity) throws StoreException {
        try {
            TimeUnit.MILLISECONDS.sleep(ClusterFailures.backoffMillis(failures));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException(activity + " was interrupted", e);
        }
    }

    @Override
    public Map<String, SetCount> setCounts() throws StoreException {
        Map<String, SetCount> counts = new HashMap<>();
        for (Node node : cluster.nodes()) {
            for (String line : ConnectedCluster.parseList(cluster.info(node, "sets/" + key.namespace))) {
                Map<String, String> figures = ConnectedCluster.parsePairs(line, ':');
                SetCount count = new SetCount(
                        ConnectedCluster.longValue(figures, "objects", 0), "true".equals(figures.get("truncating")));
                counts.merge(
                        figures.getOrDefault("set", ""),
                        count,
                        (a, b) -> new SetCount(a.copies() + b.copies(), a.truncating() || b.truncating()));
            }
        }
        return counts;
    }

    @Override
    public NamespaceState namespace() throws StoreException {
        return cluster.namespaceState();
    }
}
