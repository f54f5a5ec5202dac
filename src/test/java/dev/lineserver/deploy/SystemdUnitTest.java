package dev.lineserver.deploy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The unit has what keeps {@code systemd-analyze security} below 2.0, and stops without losing a request. */
final class SystemdUnitTest {
    private static final Path UNIT = DeployFiles.DOCKER.resolve("systemd/line-server.service");
    private static final Path SETTINGS = DeployFiles.DOCKER.resolve("systemd/line-server.env");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "NoNewPrivileges",
                "PrivateTmp",
                "PrivateDevices",
                "PrivateUsers",
                "PrivateIPC",
                "ProtectHome",
                "ProtectClock",
                "ProtectControlGroups",
                "ProtectHostname",
                "ProtectKernelLogs",
                "ProtectKernelModules",
                "ProtectKernelTunables",
                "RemoveIPC",
                "RestrictNamespaces",
                "RestrictRealtime",
                "RestrictSUIDSGID",
                "LockPersonality",
                "MemoryDenyWriteExecute"
            })
    void isLockedDown(String directive) throws IOException {
        assertEquals(List.of("yes"), values(directive));
    }

    @ParameterizedTest
    @CsvSource({
        "ProtectSystem, strict",
        "ProtectProc, invisible",
        "CapabilityBoundingSet, ''",
        "AmbientCapabilities, ''",
        "SystemCallArchitectures, native",
        "RestrictAddressFamilies, AF_INET AF_INET6 AF_UNIX",
        "StateDirectory, line-server",
        "StateDirectoryMode, 0750",
        "ExecStart, /usr/local/bin/line-server serve",
        "KillSignal, SIGTERM",
        "Restart, on-failure"
    })
    void has(String directive, String value) throws IOException {
        assertEquals(List.of(value), values(directive));
    }

    @Test
    void onlyTheSystemCallsOfAService() throws IOException {
        assertEquals(List.of("@system-service", "~@privileged @resources"), values("SystemCallFilter"));
    }

    @Test
    void userIsNotRoot() throws IOException {
        assertFalse(values("User").isEmpty());
        assertFalse(values("User").contains("root"));
    }

    @Test
    void stopWaitsForRequests() throws IOException {
        String environment = String.join(" ", values("Environment"));
        long delay = DeployFiles.millis(setting(environment, "QUARKUS_SHUTDOWN_DELAY"));
        long timeout = DeployFiles.millis(setting(environment, "QUARKUS_SHUTDOWN_TIMEOUT"));
        long stop = DeployFiles.millis(values("TimeoutStopSec").getFirst());
        assertTrue(stop >= delay + timeout + 5000, "SIGKILL would come before the last request is answered");
        assertTrue(Integer.parseInt(values("LimitNOFILE").getFirst()) >= 65536);
    }

    @Test
    void settingsAreOnesTheProgramKnows() throws IOException {
        assertEquals(List.of("-/etc/line-server/line-server.env"), values("EnvironmentFile"));
        String environment = String.join("\n", values("Environment")).replace(' ', '\n');
        String commented = DeployFiles.text(SETTINGS).replace("#LINE_SERVER", "LINE_SERVER");
        (environment + "\n" + commented)
                .lines()
                .filter(line -> line.matches("[A-Z_]+=.*"))
                .map(line -> line.substring(0, line.indexOf('=')))
                .forEach(name -> assertTrue(Program.ENVIRONMENT.contains(name), name));
        assertEquals(Program.DATA_DIR, setting(environment.replace('\n', ' '), "LINE_SERVER_DATA_DIR"));
    }

    private static String setting(String environment, String name) {
        String after = environment.substring(environment.indexOf(name + "=") + name.length() + 1);
        int end = after.indexOf(' ');
        return end < 0 ? after : after.substring(0, end);
    }

    private static List<String> values(String directive) throws IOException {
        return DeployFiles.text(UNIT)
                .lines()
                .filter(line -> line.startsWith(directive + "="))
                .map(line -> line.substring(directive.length() + 1))
                .toList();
    }
}
