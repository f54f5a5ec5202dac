package dev.lineserver.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Identifies the process of a build, so that another process of the same machine can tell that it has ended. Then nobody
 * has to wait until its lease expires. On Linux, the boot of the kernel, the namespace of process numbers, the
 * process number and the time of its start are unique together; elsewhere, processes are never known to have ended.
 */
public final class ProcessIdentity {
    private static final Path PROCESSES = Path.of("/proc");
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Path HOST = Path.of("/proc/sys/kernel/hostname");
    private static final Path NAMESPACE = Path.of("/proc/self/ns/pid");

    /** Positions in {@code /proc/PID/stat}, after the name of the program; see proc(5). */
    private static final int STATE = 1;

    private static final int START_TIME = 20;

    /** The state of a process that has ended, and of which its parent has not taken notice yet. */
    private static final String ZOMBIE = "Z";

    private static final String SEPARATOR = " ";

    /** A unique name, the kernel, the process number and its start. */
    private static final int PARTS = 4;

    private ProcessIdentity() {}

    /** Returns a unique name for a build of this process. */
    public static String newHolder() {
        String name = UUID.randomUUID().toString();
        long pid = ProcessHandle.current().pid();
        return kernel().flatMap(kernel -> startTime(PROCESSES, pid)
                        .map(start -> String.join(SEPARATOR, name, kernel, Long.toString(pid), start)))
                .orElse(name);
    }

    /** Returns true if the process that created a name ran on this machine, and has certainly ended. */
    public static boolean hasEnded(String holder) {
        return hasEnded(holder, PROCESSES);
    }

    /** As {@link #hasEnded}, of a process that ran on this machine: one of an earlier boot has ended, too. */
    public static boolean hasEndedHere(String holder) {
        try {
            String[] parts = holder.split(SEPARATOR, -1);
            String boot = Files.readString(BOOT).strip();
            return hasEnded(holder) || (parts.length == PARTS && !parts[1].startsWith(boot + "/"));
        } catch (IOException _) {
            return false;
        }
    }

    /** @param processes has a directory for each process that this one can see */
    static boolean hasEnded(String holder, Path processes) {
        List<String> parts = List.of(holder.split(SEPARATOR, -1));
        if (parts.size() != PARTS
                || !parts.get(2).matches("[0-9]{1,10}")
                || !kernel().equals(Optional.of(parts.get(1)))) {
            return false;
        }
        // Without a start time, there is no process with that number; unless those of other users are hidden, as with
        // an option of the mount, and so is the first process.
        return startTime(processes, 1).isPresent()
                && !startTime(processes, Long.parseLong(parts.get(2))).equals(Optional.of(parts.get(3)));
    }

    /**
     * Describes this process to the users who wait for its lease.
     *
     * @param source name of the source that it stores
     */
    public static String describe(String source) {
        return "process " + ProcessHandle.current().pid() + " on " + hostName() + " from '" + source + "' since "
                + Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    /** The shell does not always export the variable. */
    private static String hostName() {
        String variable = System.getenv("HOSTNAME");
        if (variable != null) {
            return variable;
        }
        try {
            return Files.readString(HOST).strip();
        } catch (IOException _) {
            return "an unnamed host";
        }
    }

    /** Returns what the processes that this one can see have in common; empty if the system does not tell. */
    private static Optional<String> kernel() {
        try {
            return Optional.of(Files.readString(BOOT).strip() + "/" + Files.readSymbolicLink(NAMESPACE));
        } catch (IOException | UnsupportedOperationException _) {
            return Optional.empty();
        }
    }

    /** Returns the start of a process that runs. */
    private static Optional<String> startTime(Path processes, long pid) {
        try {
            String stat = Files.readString(processes.resolve(Path.of(Long.toString(pid), "stat")));
            String[] fields = stat.substring(stat.lastIndexOf(')')).split(" ", -1);
            return fields[STATE].equals(ZOMBIE) ? Optional.empty() : Optional.of(fields[START_TIME]);
        } catch (IOException | RuntimeException _) {
            return Optional.empty();
        }
    }
}
