package dev.lineserver.store.aerospike;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.store.Finding;
import dev.lineserver.store.StoreException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests the findings about a cluster. */
final class ClusterDiagnosisTest extends FakeNodeTest {
    /** Returns the findings that are not all right. */
    private List<Finding> findings(InstantSource clock) throws StoreException {
        return ClusterDiagnosis.of(connect(settings()).cluster, clock).stream()
                .filter(finding -> finding.severity() != Finding.Severity.OK)
                .toList();
    }

    private Finding finding() throws StoreException {
        List<Finding> findings = findings(InstantSource.system());
        assertEquals(1, findings.size(), findings.toString());
        return findings.getFirst();
    }

    @Test
    void aHealthyNodeNeedsNoAdvice() throws Exception {
        assertEquals(List.of(), findings(InstantSource.system()));
    }

    @Test
    void stoppedWritesAreAFailure() throws Exception {
        node.faults.stopWrites = true;
        Finding stopped = finding();
        assertEquals(Finding.Severity.FAILURE, stopped.severity());
        assertEquals("namespace lines", stopped.check());
        assertTrue(stopped.found().contains("it has stopped taking writes"), stopped.found());
    }

    @ParameterizedTest
    @CsvSource({"60, 0", "61, 1", "70, 1"})
    void aNamespaceNearItsLimitIsAWarning(long percent, int warnings) throws Exception {
        node.info.diskBytes = 1_000_000;
        node.info.usedBytes = percent * 10_000;
        List<Finding> findings = findings(InstantSource.system());
        assertEquals(warnings, findings.size(), findings.toString());
        findings.forEach(finding -> assertEquals(Finding.Severity.WARNING, finding.severity()));
    }

    @Test
    void aRiskyConflictResolutionIsAWarning() throws Exception {
        node.info.conflictResolution = "generation";
        Finding risky = finding();
        assertEquals(Finding.Severity.WARNING, risky.severity());
        assertTrue(risky.found().contains("conflict-resolution-policy generation"), risky.found());
    }

    @ParameterizedTest
    @CsvSource({"-60, ahead of this machine", "60, behind this machine"})
    void aClockThatDiffersIsAWarning(long seconds, String text) throws Exception {
        Instant now = Instant.ofEpochSecond(ConnectedCluster.seconds(
                connect(settings()).cluster.namespaceInfo().values().iterator().next()));
        List<Finding> findings = findings(InstantSource.fixed(now.plusSeconds(seconds)));
        assertEquals(1, findings.size(), findings.toString());
        assertEquals("cluster clock", findings.getFirst().check());
        // The clock of the node goes on.
        assertTrue(findings.getFirst().found().matches(".* is (59|60|61|62) s " + text), findings.toString());
        assertEquals(List.of(), findings(InstantSource.fixed(now)));
    }

    @Test
    void nodesOfTwoVersionsAreAWarning() throws Exception {
        List<FakeAerospikeNode> nodes = FakeAerospikeNode.cluster(2);
        try {
            nodes.getLast().info.build = "7.0.0.1";
            TestSettings settings = TestSettings.of(List.of(nodes.getFirst().host()));
            List<Finding> findings = ClusterDiagnosis.of(connect(settings).cluster, InstantSource.system());
            Finding versions = findings.stream()
                    .filter(finding -> finding.check().equals("nodes"))
                    .findFirst()
                    .orElseThrow();
            assertEquals(Finding.Severity.WARNING, versions.severity());
            assertTrue(versions.found().contains("(7.0.0.1)"), versions.found());
            assertTrue(versions.found().contains("(8.1.2.0)"), versions.found());
        } finally {
            for (FakeAerospikeNode each : nodes) {
                each.close();
            }
        }
    }
}
