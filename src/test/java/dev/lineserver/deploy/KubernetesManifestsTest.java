package dev.lineserver.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The manifests are what Kubernetes knows, fit each other, and fit the program. */
final class KubernetesManifestsTest {
    static Stream<Path> manifests() throws IOException {
        try (Stream<Path> files = Files.list(DeployFiles.KUBERNETES)) {
            return files.filter(file -> !file.endsWith("kustomization.yaml")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void everyFieldIsKnown(Path manifest) throws IOException {
        KubernetesModel.parse(DeployFiles.yaml(manifest));
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void isAppliedOrCreated(Path manifest) throws IOException {
        JsonNode resources = DeployFiles.yaml(DeployFiles.KUBERNETES.resolve("kustomization.yaml"))
                .path("resources");
        boolean applied = Stream.iterate(0, i -> i < resources.size(), i -> i + 1)
                .anyMatch(i -> manifest.endsWith(resources.path(i).asText()));
        // A Job cannot be changed once it ran: it gets a new name each time, and is not applied.
        boolean generated = !DeployFiles.yaml(manifest)
                .path("metadata")
                .path("generateName")
                .isMissingNode();
        assertTrue(applied != generated, manifest + " is never applied, or cannot be");
    }

    /** The strict parser is strict: a slip of one letter is found at any depth. */
    @Test
    void unknownFieldFails() throws IOException {
        JsonNode tree = DeployFiles.yaml(DeployFiles.KUBERNETES.resolve("deployment.yaml"));
        JsonNode container = tree.at("/spec/template/spec/containers/0");
        ((ObjectNode) container.path("securityContext")).put("readOnlyRootFileSystem", true);
        assertThrows(JsonMappingException.class, () -> KubernetesModel.parse(tree));
    }

    @Test
    void probesAskTheProgram() throws IOException {
        Container server = server();
        assertProbe(Program.LIVE, server.getStartupProbe());
        assertProbe(Program.LIVE, server.getLivenessProbe());
        assertProbe(Program.READY, server.getReadinessProbe());
        assertEquals(List.of("serve"), server.getArgs());
        var port = server.getPorts().getFirst();
        assertEquals(Program.PORT, port.getContainerPort());
        assertEquals(Integer.toString(Program.PORT), configuration().get("LINE_SERVER_PORT"));
        assertEquals("0.0.0.0", configuration().get("LINE_SERVER_HOST"));
    }

    private static void assertProbe(String path, Probe probe) {
        assertEquals(path, probe.getHttpGet().getPath());
        assertEquals("http", probe.getHttpGet().getPort().getStrVal());
    }

    @Test
    void serviceSendsToTheServersOnly() throws IOException {
        Service service = read("service.yaml", Service.class);
        Map<String, String> selector = service.getSpec().getSelector();
        PodTemplateSpec servers = deployment().getSpec().getTemplate();
        assertTrue(servers.getMetadata().getLabels().entrySet().containsAll(selector.entrySet()));
        Map<String, String> ingest = job().getSpec().getTemplate().getMetadata().getLabels();
        assertFalse(ingest.entrySet().containsAll(selector.entrySet()), "requests would go to the ingest Job");
        var port = service.getSpec().getPorts().getFirst();
        assertEquals(
                server().getPorts().getFirst().getName(), port.getTargetPort().getStrVal());
        Map<String, String> annotations = service.getMetadata().getAnnotations();
        assertEquals(Program.METRICS, annotations.get("prometheus.io/path"));
        assertEquals(Integer.toString(Program.PORT), annotations.get("prometheus.io/port"));
    }

    /** No request fails while pods are replaced: capacity stays, and what is still sent is answered. */
    @Test
    void rollingUpdateLosesNoRequest() throws IOException {
        var rolling = deployment().getSpec().getStrategy().getRollingUpdate();
        assertEquals(0, rolling.getMaxUnavailable().getIntVal());
        assertTrue(rolling.getMaxSurge().getIntVal() > 0);
        long delay = DeployFiles.millis(environment(server(), "QUARKUS_SHUTDOWN_DELAY"));
        long timeout = DeployFiles.millis(environment(server(), "QUARKUS_SHUTDOWN_TIMEOUT"));
        long grace = 1000 * servers().getTerminationGracePeriodSeconds();
        assertTrue(grace >= delay + timeout + 5000, "SIGKILL would come before the last request is answered");
        Probe ready = server().getReadinessProbe();
        long noticed = 1000L * ready.getPeriodSeconds() * ready.getFailureThreshold();
        assertTrue(delay > noticed, "the pod would be gone before readiness says so");
    }

    @Test
    void replicasAreTheAutoscalersBusiness() throws IOException {
        HorizontalPodAutoscaler scaler = read("horizontalpodautoscaler.yaml", HorizontalPodAutoscaler.class);
        Deployment deployment = deployment();
        assertEquals(null, deployment.getSpec().getReplicas());
        assertEquals(
                deployment.getMetadata().getName(),
                scaler.getSpec().getScaleTargetRef().getName());
        assertTrue(scaler.getSpec().getMinReplicas() >= 2, "one server is none while its machine is drained");
        PodDisruptionBudget budget = read("poddisruptionbudget.yaml", PodDisruptionBudget.class);
        assertEquals(
                deployment.getSpec().getSelector(), budget.getSpec().getSelector(), "the budget counts other pods");
        assertEquals(1, budget.getSpec().getMaxUnavailable().getIntVal());
    }

    @Test
    void podsAreHardenedAndBounded() throws IOException {
        for (PodSpec pod : List.of(servers(), job().getSpec().getTemplate().getSpec())) {
            assertEquals(false, pod.getAutomountServiceAccountToken());
            // Or the Service's own LINE_SERVER_PORT=tcp://… would be taken for the port to listen on.
            assertEquals(false, pod.getEnableServiceLinks());
            assertEquals(true, pod.getSecurityContext().getRunAsNonRoot());
            assertEquals(Program.UID, pod.getSecurityContext().getRunAsUser());
            assertEquals(
                    "RuntimeDefault",
                    pod.getSecurityContext().getSeccompProfile().getType());
            Container container = pod.getContainers().getFirst();
            assertEquals(true, container.getSecurityContext().getReadOnlyRootFilesystem());
            assertEquals(false, container.getSecurityContext().getAllowPrivilegeEscalation());
            assertEquals(
                    List.of("ALL"),
                    container.getSecurityContext().getCapabilities().getDrop());
            assertTrue(container.getImage().matches(".+:\\d+\\.\\d+\\.\\d+.*"), container.getImage());
            assertTrue(container.getVolumeMounts().stream().anyMatch(m -> "/tmp".equals(m.getMountPath())));
            var resources = container.getResources();
            assertEquals(Set.of("cpu", "memory"), resources.getLimits().keySet());
            assertEquals(
                    resources.getLimits().get("memory"), resources.getRequests().get("memory"));
        }
    }

    @Test
    void everyNameIsOneTheProgramKnows() throws IOException {
        assertTrue(Program.ENVIRONMENT.containsAll(configuration().keySet()));
        Container ingest =
                job().getSpec().getTemplate().getSpec().getContainers().getFirst();
        for (Container container : List.of(server(), ingest)) {
            assertEquals(
                    "line-server",
                    container.getEnvFrom().getFirst().getConfigMapRef().getName());
            assertTrue(Program.VERBS.contains(container.getArgs().getFirst()));
            for (EnvVar variable : container.getEnv()) {
                assertTrue(Program.ENVIRONMENT.contains(variable.getName()), variable.getName());
                boolean secret = variable.getName().endsWith("PASSWORD");
                assertTrue(!secret || variable.getValue() == null, "a password in a manifest");
            }
        }
        assertTrue(ingest.getArgs().contains("--if-changed"), "a retry would store the file twice");
    }

    @Test
    void networkPolicyLetsRequestsInAndTheStoreBeReached() throws IOException {
        NetworkPolicy policy = read("networkpolicy.yaml", NetworkPolicy.class);
        assertEquals(List.of("Ingress", "Egress"), policy.getSpec().getPolicyTypes());
        var in = policy.getSpec().getIngress().getFirst().getPorts().getFirst();
        assertEquals(server().getPorts().getFirst().getName(), in.getPort().getStrVal());
        String hosts = configuration().getOrDefault("LINE_SERVER_AEROSPIKE_HOSTS", "");
        int port = Integer.parseInt(hosts.substring(hosts.lastIndexOf(':') + 1));
        assertTrue(policy.getSpec().getEgress().stream()
                .flatMap(rule -> rule.getPorts().stream())
                .anyMatch(p -> Integer.valueOf(port).equals(p.getPort().getIntVal())));
    }

    private static String environment(Container container, String name) {
        return container.getEnv().stream()
                .filter(variable -> name.equals(variable.getName()))
                .map(EnvVar::getValue)
                .findFirst()
                .orElseThrow();
    }

    private static Map<String, String> configuration() throws IOException {
        return read("configmap.yaml", ConfigMap.class).getData();
    }

    private static Deployment deployment() throws IOException {
        return read("deployment.yaml", Deployment.class);
    }

    private static PodSpec servers() throws IOException {
        return deployment().getSpec().getTemplate().getSpec();
    }

    private static Container server() throws IOException {
        return servers().getContainers().getFirst();
    }

    private static Job job() throws IOException {
        return read("ingest-job.yaml", Job.class);
    }

    private static <T> T read(String name, Class<T> type) throws IOException {
        return type.cast(KubernetesModel.parse(DeployFiles.yaml(DeployFiles.KUBERNETES.resolve(name))));
    }
}
