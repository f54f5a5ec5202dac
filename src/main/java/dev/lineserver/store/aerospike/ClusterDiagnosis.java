package dev.lineserver.store.aerospike;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import com.aerospike.client.cluster.Node;

import dev.lineserver.store.Finding;
import dev.lineserver.store.StoreException;

/** Checks the nodes of a cluster for {@code line-server doctor}. Writes nothing. */
final class ClusterDiagnosis {
    /** A clock is reported if it differs by more, in seconds. Nodes report whole seconds. */
    private static final long CLOCK_TOLERANCE_SECONDS = 3;

    /** A namespace is reported if it is this close to its limit, in per cent of its storage. */
    private static final long NEARLY_FULL_PERCENT = 10;

    private static final long PERCENT = 100;

    private final ConnectedCluster cluster;
    private final InstantSource clock;
    private final List<Finding> findings = new ArrayList<>();

    private ClusterDiagnosis(ConnectedCluster cluster, InstantSource clock) {
        this.cluster = cluster;
        this.clock = clock;
    }

    static List<Finding> of(ConnectedCluster cluster, InstantSource clock) throws StoreException {
        ClusterDiagnosis diagnosis = new ClusterDiagnosis(cluster, clock);
        diagnosis.findings.add(Finding.ok("layouts", "reads " + LineLayout.names()));
        diagnosis.checkNodes(cluster.nodes());
        for (Map.Entry<Node, Map<String, String>> node : cluster.namespaceInfo().entrySet()) {
            diagnosis.checkNamespace(node.getKey(), node.getValue());
        }
        return diagnosis.findings;
    }

    private static String address(Node node) {
        return node.getHost().name + ":" + node.getHost().port;
    }

    private void checkNodes(List<Node> nodes) {
        String list = nodes.stream()
                .map(node -> address(node) + " (" + node.getServerVersion() + ")")
                .sorted()
                .collect(Collectors.joining(", "));
        Set<String> versions = new TreeSet<>();
        nodes.forEach(node -> versions.add(node.getServerVersion().toString()));
        findings.add(
                versions.size() == 1
                        ? Finding.ok("nodes", list)
                        : Finding.warning("nodes", list, "run one version of the server on all nodes"));
    }

    private void checkNamespace(Node node, Map<String, String> figures) {
        String check = "namespace " + cluster.settings.namespace();
        long total = ConnectedCluster.longValue(figures, "data_total_bytes", 0);
        long used = total == 0 ? 0 : PERCENT * ConnectedCluster.longValue(figures, "data_used_bytes", 0) / total;
        long limit = ConnectedCluster.longValue(figures, "storage-engine.stop-writes-used-pct", PERCENT);
        String found = String.format(
                Locale.ROOT,
                "%s: %,d records, %d %% of its storage used, writes stop at %d %%, copies: %d",
                address(node),
                ConnectedCluster.longValue(figures, "objects", 0),
                used,
                limit,
                ConnectedCluster.longValue(figures, "effective_replication_factor", 1));
        if ("true".equals(figures.get("stop_writes"))) {
            findings.add(Finding.failure(
                    check,
                    found + "; it has stopped taking writes, and lines can still be read",
                    "run line-server reclaim; " + ClusterFailures.MAKE_ROOM));
        } else if (used + NEARLY_FULL_PERCENT > limit) {
            findings.add(
                    Finding.warning(check, found, "add nodes or storage, or drop datasets, before the next ingest"));
        } else {
            findings.add(Finding.ok(check, found));
        }
        ClusterPlan.conflictResolutionWarning(node, figures)
                .ifPresent(warning -> findings.add(Finding.warning(
                        check, warning, "set conflict-resolution-policy last-update-time in its configuration")));
        long ahead = ConnectedCluster.seconds(figures) - clock.instant().getEpochSecond();
        if (Math.abs(ahead) > CLOCK_TOLERANCE_SECONDS) {
            findings.add(Finding.warning(
                    "cluster clock",
                    address(node) + " is " + Math.abs(ahead) + " s " + (ahead > 0 ? "ahead of" : "behind")
                            + " this machine",
                    "run chrony or a similar service on all machines"));
        }
    }
}
