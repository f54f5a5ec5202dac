package dev.lineserver.store.aerospike.registry;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

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

    @Test
    void aProcessNumberMayBelongToALaterProcess() {
        assertTrue(ProcessIdentity.hasEnded(with(3, "1")));
    }

    @Test
    void nothingIsKnownOfProcessesOfOtherMachines() {
        assertFalse(ProcessIdentity.hasEnded(with(1, "another-boot/pid:[1]").replace(" " + ours[2], " 999999999")));
        assertFalse(ProcessIdentity.hasEnded(ours[0]));
        assertFalse(ProcessIdentity.hasEnded(with(2, "x")));
        assertFalse(ProcessIdentity.hasEnded("build 2"));
    }
}
