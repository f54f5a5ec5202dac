package dev.lineserver.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lineserver.store.Finding;
import dev.lineserver.store.Quantities;

/**
 * Checks the machine and the process. Reads only: nothing is written. A fact that the system does not show is not judged.
 * {@link ServerChecks} checks addresses and files that the settings name.
 *
 * @param root contains {@code proc} and {@code sys}; tests use another directory than {@code /}
 */
record MachineChecks(Path root) {
    /** Java 25 is the release that all tests use. */
    private static final int TESTED_JAVA = 25;

    /**
     * Instructions that the compilers use for hot code if the processor has them: counting newlines ({@code popcnt},
     * {@code bmi1}), checksums ({@code sse4_2}), hashing and comparing ({@code bmi2}, {@code avx2}).
     */
    private static final List<String> INSTRUCTIONS = List.of("popcnt", "sse4_2", "bmi1", "bmi2", "avx2");

    /** Share of the memory that the heap may take. The rest is for buffers, threads and the page cache. */
    private static final double MOST_HEAP = 0.85;

    private static final long LEAST_HEAP_BYTES = 64 << 20;
    /** Descriptors of libraries, index files and the standard streams. */
    private static final long OTHER_DESCRIPTORS = 256;

    private static final long FEW_CLIENTS = 4_096;
    private static final int FIRST_YEAR = 2025;
    private static final int LAST_YEAR = 2100;
    private static final Pattern OPEN_FILES = Pattern.compile("(?m)^Max open files +(\\d+)");
    private static final Pattern TOTAL_MEMORY = Pattern.compile("(?m)^MemTotal: +(\\d+) kB");
    private static final Pattern FLAGS = Pattern.compile("(?m)^flags\\s*:(.*)$");
    private static final Pattern CONTROL_GROUP = Pattern.compile("(?m)^0::/(.*)$");

    static boolean isNative() {
        return System.getProperty("org.graalvm.nativeimage.imagecode") != null;
    }

    /** @param version name and version of the program */
    static Finding program(String version) {
        String java = "Java " + Runtime.version() + " (" + System.getProperty("java.vendor", "unknown") + ")";
        if (isNative()) {
            return Finding.ok("program", version + ", native executable, built with " + java);
        }
        String found = version + ", " + java;
        return Runtime.version().feature() == TESTED_JAVA
                ? Finding.ok("program", found)
                : Finding.warning("program", found, "use Java " + TESTED_JAVA + ", with which it is tested");
    }

    Finding processors(int count) {
        String found = count + (count == 1 ? " processor" : " processors") + ", " + System.getProperty("os.arch");
        Matcher flags = FLAGS.matcher(read("proc/cpuinfo"));
        if (!flags.find()) {
            return Finding.ok("processors", found);
        }
        List<String> has = Arrays.asList(flags.group(1).strip().split("\\s+"));
        List<String> missing =
                INSTRUCTIONS.stream().filter(name -> !has.contains(name)).toList();
        return missing.isEmpty()
                ? Finding.ok("processors", found + " with " + String.join(", ", INSTRUCTIONS))
                : Finding.warning(
                        "processors",
                        found + " without " + String.join(", ", missing)
                                + ": an ingest is slower, and the native executable may not start",
                        "use the program for Java, or another machine");
    }

    /** @param heap largest size of the heap, in bytes */
    Finding memory(long heap) {
        long machine = kibibytes(TOTAL_MEMORY.matcher(read("proc/meminfo")));
        long limit = groupLimit();
        long memory = Math.min(machine, limit);
        String found = "heap of at most " + Quantities.bytes(heap)
                + (memory == Long.MAX_VALUE
                        ? ""
                        : ", of " + Quantities.bytes(memory)
                                + (limit < machine ? " that the control group allows" : " of memory"));
        if (heap < LEAST_HEAP_BYTES) {
            return Finding.warning("memory", found, "raise the heap to 64 MiB or more (-Xmx), or the memory limit");
        }
        return heap > memory * MOST_HEAP
                ? Finding.warning(
                        "memory",
                        found + ": buffers, threads and the page cache need the rest",
                        "lower the heap (-Xmx) to about 60 % of the memory, or raise the limit")
                : Finding.ok("memory", found);
    }

    private static long kibibytes(Matcher figure) {
        return figure.find() ? Long.parseLong(figure.group(1)) << 10 : Long.MAX_VALUE;
    }

    /** Returns the least limit of the control groups around this process, in bytes. */
    private long groupLimit() {
        long least = limit("sys/fs/cgroup/memory/memory.limit_in_bytes");
        Matcher group = CONTROL_GROUP.matcher(read("proc/self/cgroup"));
        Path path = path(group.find() ? group.group(1) : "").orElse(Path.of(""));
        for (Path at = path; at != null; at = at.getParent()) {
            least = Math.min(least, limit("sys/fs/cgroup/" + at + "/memory.max"));
        }
        return Math.min(least, limit("sys/fs/cgroup/memory.max"));
    }

    private long limit(String file) {
        String text = read(file).strip();
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : Long.MAX_VALUE;
    }

    /**
     * Checks the limit of this process, which Java has raised to the hard limit.
     *
     * @param clusterConnections most connections to a cluster; 0 without one
     */
    Finding openFiles(long clusterConnections) {
        Matcher limit = OPEN_FILES.matcher(read("proc/self/limits"));
        if (!limit.find()) {
            return Finding.ok("open files", "the system shows no limit");
        }
        long files = Long.parseLong(limit.group(1));
        long clients = Math.max(0, files - OTHER_DESCRIPTORS - clusterConnections);
        String found = Quantities.grouped(files) + " at once: " + Quantities.grouped(clients) + " clients"
                + (clusterConnections == 0 ? "" : " beside " + clusterConnections + " connections to the cluster");
        return clients >= FEW_CLIENTS
                ? Finding.ok("open files", found)
                : Finding.warning(
                        "open files",
                        found,
                        "raise the limit: LimitNOFILE=65536 in a systemd unit, --ulimit nofile=65536 for a container,"
                                + " ulimit -n 65536 in a shell");
    }

    Finding temporaryDirectory(Path directory) {
        String check = "temporary files";
        String slower = ": the server cannot load its epoll library, and takes more CPU per request";
        if (!Files.isDirectory(directory) || !Files.isWritable(directory)) {
            return Finding.warning(
                    check,
                    directory + " is not a directory that can be written to" + slower,
                    "mount one, such as --tmpfs /tmp:exec,size=64m for a container");
        }
        return mountOptions(directory).contains("noexec")
                ? Finding.warning(
                        check,
                        directory + " is mounted noexec" + slower,
                        "mount it with exec, such as --tmpfs /tmp:exec,size=64m for a container")
                : Finding.ok(check, directory + " can be written to");
    }

    /** Returns the options of the file system that contains a directory. */
    private List<String> mountOptions(Path directory) {
        String options = "";
        int longest = -1;
        for (String mount : read("proc/self/mounts").lines().toList()) {
            String[] fields = mount.split(" ", -1);
            // A later line hides an earlier one of the same place.
            if (fields.length > 3
                    && fields[1].length() >= longest
                    && path(fields[1]).filter(directory::startsWith).isPresent()) {
                longest = fields[1].length();
                options = fields[3];
            }
        }
        return List.of(options.split(",", -1));
    }

    static Finding clock(Instant now) {
        int year = now.atZone(ZoneOffset.UTC).getYear();
        return year >= FIRST_YEAR && year <= LAST_YEAR
                ? Finding.ok("clock", now.toString())
                : Finding.failure("clock", now + " cannot be right", "set the clock; run chrony or a similar service");
    }

    /** @param path the variable PATH */
    static Finding zstd(String path) {
        return Arrays.stream(path.split(File.pathSeparator, -1))
                .filter(folder -> !folder.isEmpty())
                .flatMap(folder -> path(folder).stream())
                .map(folder -> folder.resolve("zstd"))
                .filter(Files::isExecutable)
                .findFirst()
                .map(found -> Finding.ok("zstd", found.toString()))
                .orElse(Finding.ok(
                        "zstd", "not on the PATH: .zst files with a window of over 8 MiB (--long) cannot be unpacked"));
    }

    /** Returns the path of a name; empty if the locale of this process cannot express it. */
    private static Optional<Path> path(String name) {
        try {
            return Optional.of(Path.of(name));
        } catch (InvalidPathException inexpressible) {
            return Optional.empty();
        }
    }

    /** Returns the text of a file of the system; empty if there is none. */
    private String read(String file) {
        try {
            return Files.readString(root.resolve(file));
        } catch (IOException absent) {
            return "";
        }
    }
}
