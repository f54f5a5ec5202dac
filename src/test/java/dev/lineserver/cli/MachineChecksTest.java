package dev.lineserver.cli;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.store.Finding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests each check of the machine over files of a made-up system. */
final class MachineChecksTest {
    private static final long MEBIBYTE = 1 << 20;

    @TempDir
    Path directory;

    /** Creates files of a system. */
    private MachineChecks machine(Map<String, String> files) throws Exception {
        Path root = Files.createTempDirectory(directory, "root");
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = root.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
        return new MachineChecks(root);
    }

    @ParameterizedTest
    @CsvSource({
        "Max open files            65536                65536                files, 0, OK",
        "Max open files            4352                 65536                files, 0, OK",
        "Max open files            4351                 65536                files, 0, WARNING",
        "Max open files            4951                 65536                files, 600, WARNING",
        "Max open files            unlimited            unlimited            files, 600, OK",
        "'', 0, OK"
    })
    void theLimitOfOpenFilesMustAdmitClients(String limits, long connections, Finding.Severity state) throws Exception {
        Finding found = machine(Map.of("proc/self/limits", "Max cpu time  1 1 s\n" + limits + "\n"))
                .openFiles(connections);
        assertEquals(state, found.severity(), found.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "memory.max,               /,                 OK, 'heap of at most 512.0 MiB, of 1.0 GiB that the control group allows'",
        "a/memory.max,             /a/b,              OK, 'heap of at most 512.0 MiB, of 1.0 GiB that the control group allows'",
        "c/memory.max,             /a/b,              OK, 'heap of at most 512.0 MiB, of 2.0 GiB of memory'",
        "memory/memory.limit_in_bytes, /,             OK, 'heap of at most 512.0 MiB, of 1.0 GiB that the control group allows'"
    })
    void theHeapIsComparedWithTheMemoryOfTheContainer(String limit, String group, Finding.Severity state, String text)
            throws Exception {
        MachineChecks machine = machine(Map.of(
                "proc/meminfo",
                "MemTotal:        2097152 kB\n",
                "proc/self/cgroup",
                "0::" + group + "\n",
                "sys/fs/cgroup/" + limit,
                "1073741824\n"));
        assertEquals(new Finding("memory", state, text, ""), machine.memory(512 * MEBIBYTE));
    }

    @Test
    void aHeapThatLeavesNoMemoryOrIsTooSmallIsAWarning() throws Exception {
        MachineChecks machine = machine(Map.of("proc/meminfo", "MemTotal: 1048576 kB\n"));
        assertEquals(Finding.Severity.OK, machine.memory(870 * MEBIBYTE).severity());
        assertEquals(Finding.Severity.WARNING, machine.memory(871 * MEBIBYTE).severity());
        assertEquals(Finding.Severity.OK, machine.memory(64 * MEBIBYTE).severity());
        assertEquals(Finding.Severity.WARNING, machine.memory(63 * MEBIBYTE).severity());
        assertEquals(
                Finding.ok("memory", "heap of at most 8.0 GiB"),
                machine(Map.of()).memory(8192 * MEBIBYTE));
    }

    @Test
    void missingInstructionsAreNamed() throws Exception {
        MachineChecks old = machine(Map.of("proc/cpuinfo", "model name: x\nflags\t\t: fpu popcnt sse4_2\n"));
        Finding found = old.processors(4);
        assertEquals(Finding.Severity.WARNING, found.severity());
        assertTrue(found.found().contains(" without bmi1, bmi2, avx2: "), found.found());
        MachineChecks recent = machine(Map.of("proc/cpuinfo", "flags : avx2 bmi2 bmi1 sse4_2 popcnt\n"));
        assertEquals(Finding.Severity.OK, recent.processors(1).severity());
        assertEquals(Finding.Severity.OK, machine(Map.of()).processors(1).severity());
    }

    @ParameterizedTest
    @CsvSource({"'', OK", "'tmpfs /tmp tmpfs rw,noexec 0 0', WARNING", "'t /tmp/x tmpfs rw,noexec 0 0', OK"})
    void aTemporaryDirectoryWithoutExecutionIsAWarning(String mount, Finding.Severity state) throws Exception {
        MachineChecks machine = machine(Map.of("proc/self/mounts", "/dev/sda / ext4 rw 0 0\n" + mount + "\n"));
        assertEquals(state, machine.temporaryDirectory(Path.of("/tmp")).severity());
        assertEquals(
                Finding.Severity.WARNING,
                machine.temporaryDirectory(directory.resolve("none")).severity());
    }

    /** No locale can express a zero byte. */
    @Test
    void namesThatTheLocaleCannotExpressAreSkipped() throws Exception {
        Path zstd = Files.writeString(directory.resolve("zstd"), "");
        assertTrue(zstd.toFile().setExecutable(true));
        assertEquals(Finding.ok("zstd", zstd.toString()), MachineChecks.zstd("a\0b" + File.pathSeparator + directory));
        MachineChecks machine = machine(Map.of(
                "proc/self/mounts",
                "a /a\0b ext4 rw,noexec 0 0\nb / ext4 rw 0 0\n",
                "proc/self/cgroup",
                "0::/a\0b\n",
                "sys/fs/cgroup/memory.max",
                "1073741824\n"));
        assertEquals(Finding.Severity.OK, machine.temporaryDirectory(directory).severity());
        assertEquals(
                "heap of at most 512.0 MiB, of 1.0 GiB that the control group allows",
                machine.memory(512 * MEBIBYTE).found());
    }

    @ParameterizedTest
    @CsvSource({"1970-01-01T00:00:00Z, FAILURE", "2026-11-29T00:00:00Z, OK", "2101-01-01T00:00:00Z, FAILURE"})
    void aClockOfAnotherCenturyIsAFailure(Instant now, Finding.Severity state) {
        assertEquals(state, MachineChecks.clock(now).severity());
    }
}
