package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.Calendar;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.cluster.Node;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.LineSet;
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

    /** An attempt at a silent node takes four seconds, and a program that a signal ends has five. */
    private static final Duration ENDING_PATIENCE = Duration.ofSeconds(1);

    private final ConnectedCluster cluster;
    private final Duration patience;
    private final int leastAttempts;
    private final Key key;

    RegistryRecord(ConnectedCluster cluster) {
        this(cluster, cluster.settings.patience(), MAX_ATTEMPTS);
    }

    /** @param leastAttempts number of attempts at an update, at least 1, even if they take longer than the patience */
    private RegistryRecord(ConnectedCluster cluster, Duration patience, int leastAttempts) {
        this.cluster = cluster;
        this.patience = patience;
        this.leastAttempts = leastAttempts;
        this.key = new Key(cluster.settings.namespace(), SET, KEY);
    }

    @Override
    public RegistryRecord failingFast() {
        return new RegistryRecord(cluster, Duration.ZERO, MAX_ATTEMPTS);
    }

    @Override
    public RegistryRecord ending() {
        return new RegistryRecord(cluster, ENDING_PATIENCE, 1);
    }

    @Override
    public int nodeCount() {
        return cluster.client.getNodes().length;
    }

    @Override
    public Registry read() throws StoreException {
        return new Attempts(patience, 1).repeat(() -> {
            try {
                return RegistryForm.fromRecord(find().orElse(null));
            } catch (AerospikeException e) {
                throw ClusterFailures.toStoreException(e, "reading the registry");
            }
        });
    }

    @Override
    public Registry update(String activity, RegistryChange change) throws StoreException {
        Attempts attempts = new Attempts(patience, leastAttempts);
        // Each takes milliseconds.
        Attempts conflicts = new Attempts(patience, MAX_ATTEMPTS);
        while (true) {
            try {
                return updateOnce(change);
            } catch (AerospikeException e) {
                StoreException failure = toStoreException(e, activity);
                if (failure instanceof StoreFailedException) {
                    throw failure;
                }
                (isConflict(e.getResultCode()) ? conflicts : attempts).awaitNext(failure);
            }
        }
    }

    /** Fails with an {@link AerospikeException} if the record could not be read or written. */
    private Registry updateOnce(RegistryChange change) throws StoreException {
        Optional<Record> record = new Attempts(patience, 1).repeat(this::find);
        Registry before = RegistryForm.fromRecord(record.orElse(null));
        // An earlier attempt may have succeeded although it timed out. The change detects that, and leaves the copy
        // equal.
        Registry after = before.copy();
        change.apply(after);
        if (!after.equals(before)) {
            int generation = record.map(found -> found.generation).orElse(0);
            cluster.client.put(cluster.policies.registryWrite(generation), key, RegistryForm.toBins(after));
        }
        return after;
    }

    /**
     * Returns the record; empty if the namespace has never held a version. A cluster without strong consistency reports
     * a record as missing while all nodes with a copy of it are away, and would accept another one. That would be an empty
     * registry, which replaces the real one when the nodes come back: all versions would be lost. The sets of the versions
     * are on all nodes, so they show that there is a registry.
     */
    private Optional<Record> find() throws StoreException {
        cluster.countNodes();
        Record record = cluster.client.get(cluster.policies.registryRead, key);
        if (record == null) {
            List<String> used = countSets().entrySet().stream()
                    .filter(set -> set.getValue().copies() > 0 && LineSet.isName(set.getKey()))
                    .map(Map.Entry::getKey)
                    .sorted()
                    .toList();
            if (!used.isEmpty()) {
                throw new StoreUnavailableException("the registry of namespace " + key.namespace
                        + " is missing, but its sets " + used + " have records: start all nodes of the cluster. If the"
                        + " registry is lost for good, truncate these sets, or use another namespace");
            }
        }
        return Optional.ofNullable(record);
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
                        activity + " failed: other processes changed the registry during each attempt", e)
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
        repeat(() -> {
            truncate(set, before);
            return true;
        });
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
        repeat(() -> {
            // One node tells the others.
            Node node = cluster.nodes().getFirst();
            String answer = cluster.info(node, "truncate-undo:namespace=" + key.namespace + ";set=" + set);
            if (!answer.equals("ok")) {
                throw new StoreUnavailableException(
                        "node " + node + " did not undo the truncation of set " + set + ": " + answer);
            }
            return true;
        });
    }

    /**
     * Repeats a command after transient failures. The command has the same effect if it is executed twice: a node that
     * receives a truncation answers with a timeout if the others have not confirmed it within two seconds, but keeps it.
     */
    private void repeat(Attempts.Request<Boolean> command) throws StoreException {
        new Attempts(patience, MAX_INFO_ATTEMPTS).repeat(command);
    }

    @Override
    public Map<String, SetCount> setCounts() throws StoreException {
        return new Attempts(patience, 1).repeat(this::countSets);
    }

    private Map<String, SetCount> countSets() throws StoreException {
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
        return new Attempts(patience, 1).repeat(cluster::namespaceState);
    }
}
