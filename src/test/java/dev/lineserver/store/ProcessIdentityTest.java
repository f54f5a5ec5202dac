package dev.lineserver.store;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests that only a process of this machine is known to have ended, and only if it has. */
@EnabledOnOs(OS.LINUX)
final class ProcessIdentityTest {
    private final String[] ours = ProcessIdentity.newHolder().split(" ");

    private String with(int part, String value) {
        String[] changed = ours.clone();
        changed[part] = value;
        return String.join(" ", changed);
    }

    @Test
    void everyHolderHasAnotherName() {
        assertNotEquals(ProcessIdentity.newHolder(), ProcessIdentity.newHolder());
    }

    @Test
    void aProcessThatRunsHasNotEnded() {
        assertEquals(Long.toString(ProcessHandle.current().pid()), ours[2]);
        assertFalse(ProcessIdentity.hasEnded(String.join(" ", ours)));
    }

    @Test
    void aProcessThatIsGoneHasEnded() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        assertTrue(ProcessIdentity.hasEnded(with(2, Long.toString(process.pid()))));
    }

    /** As with the option {@code hidepid} of its mount, and for the systemd unit of the server. */
    @Test
    void nothingIsKnownIfProcFsHidesProcesses(@TempDir Path processes) throws Exception {
        String gone = with(2, "999999999");
        assertFalse(ProcessIdentity.hasEnded(gone, processes));
        Path first = Files.createDirectory(processes.resolve("1"));
        Files.writeString(first.resolve("stat"), Files.readString(Path.of("/proc/self/stat")));
        assertTrue(ProcessIdentity.hasEnded(gone, processes));
    }

    /** The first process of a container often takes no notice of processes that end. */
    @Test
    void aProcessThatNobodyHasWaitedForHasEnded() throws Exception {
        Process parent =
                new ProcessBuilder("sh", "-c", "exec 3<&0; sh -c 'echo $$; read -r _ <&3' & exec sleep 60").start();
        try (BufferedReader output = parent.inputReader()) {
            String pid = output.readLine();
            String stat = Files.readString(Path.of("/proc", pid, "stat"));
            String start = stat.substring(stat.lastIndexOf(')')).split(" ", -1)[20];
            String holder = with(2, pid).replaceAll("[^ ]+$", start);
            assertFalse(ProcessIdentity.hasEnded(holder));
            parent.outputWriter().close();
            Awaitility.await().until(() -> ProcessIdentity.hasEnded(holder));
            assertTrue(Files.exists(Path.of("/proc", pid)), "it is a zombie");
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void aProcessNumberMayBelongToALaterProcess() {
        assertTrue(ProcessIdentity.hasEnded(with(3, "1")));
    }

    @Test
    void aProcessOfThisMachineHasEndedAtTheLatestWithItsBoot() {
        assertFalse(ProcessIdentity.hasEndedHere(String.join(" ", ours)));
        assertTrue(ProcessIdentity.hasEndedHere(with(3, "1")));
        String before = with(1, "another-boot/pid:[1]");
        assertFalse(ProcessIdentity.hasEnded(before));
        assertTrue(ProcessIdentity.hasEndedHere(before));
        assertFalse(ProcessIdentity.hasEndedHere(ours[0]), "this system does not tell");
    }

    @Test
    void nothingIsKnownOfProcessesOfOtherMachines() {
        assertFalse(ProcessIdentity.hasEnded(with(1, "another-boot/pid:[1]").replace(" " + ours[2], " 999999999")));
        assertFalse(ProcessIdentity.hasEnded(ours[0]));
        assertFalse(ProcessIdentity.hasEnded(with(2, "x")));
        assertFalse(ProcessIdentity.hasEnded("build 2"));
    }
}
