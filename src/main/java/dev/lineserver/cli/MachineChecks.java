package dev.lineserver.cli;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.lineserver.config.TlsFiles;
import dev.lineserver.config.UsageException;
import dev.lineserver.http.access.AccessListFile;
import dev.lineserver.store.Finding;

/**
 * Checks the machine, the process, and the files that the settings name. Reads and binds only: nothing is written. A fact
 * that the system does not show is not judged.
 */
final class MachineChecks {
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
    private static final long LITTLE_SPACE_BYTES = 1 << 30;
    private static final int FIRST_YEAR = 2025;
    private static final int LAST_YEAR = 2100;
    private static final int CONNECT_MILLIS = 1_000;
    /** A certificate should have been renewed by then: authorities that issue them by themselves advise 30 of 90 days. */
    private static final Duration FEW_DAYS = Duration.ofDays(7);

    private static final Pattern OPEN_FILES = Pattern.compile("(?m)^Max open files +(\\d+)");
    private static final Pattern TOTAL_MEMORY = Pattern.compile("(?m)^MemTotal: +(\\d+) kB");
    private static final Pattern FLAGS = Pattern.compile("(?m)^flags\\s*:(.*)$");
    private static final Pattern CONTROL_GROUP = Pattern.compile("(?m)^0::/(.*)$");
    private static final Pattern NETWORK = Pattern.compile("nfs.*|cifs|smb.*|9p|afs|ceph|gfs.*|fuse\\.(?!ext).*");

    /** Contains {@code proc} and {@code sys}; tests use another directory than {@code /}. */
    private final Path root;

    MachineChecks(Path root) {
        this.root = root;
    }

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
        Path path = Path.of(group.find() ? group.group(1) : "");
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
            if (fields.length > 3 && directory.startsWith(fields[1]) && fields[1].length() >= longest) {
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
                .map(folder -> Path.of(folder, "zstd"))
                .filter(Files::isExecutable)
                .findFirst()
                .map(found -> Finding.ok("zstd", found.toString()))
                .orElse(Finding.ok(
                        "zstd", "not on the PATH: .zst files with a window of over 8 MiB (--long) cannot be unpacked"));
    }

    static Finding dataDirectory(Path configured) {
        String check = "data directory";
        Path directory = configured.toAbsolutePath().normalize();
        if (!Files.exists(directory)) {
            Path parent = directory;
            while (parent != null && !Files.exists(parent)) {
                parent = parent.getParent();
            }
            return parent != null && Files.isDirectory(parent) && Files.isWritable(parent)
                    ? Finding.ok(check, directory + " does not exist; the first ingest creates it")
                    : Finding.warning(
                            check,
                            directory + " does not exist, and cannot be created in " + parent,
                            "create it, or name another one with --data-dir");
        }
        if (!Files.isDirectory(directory)) {
            return Finding.failure(check, directory + " is not a directory", "name another one with --data-dir");
        }
        if (!Files.isReadable(directory) || !Files.isExecutable(directory)) {
            return Finding.failure(
                    check, directory + " cannot be read", "change its owner or permissions, or run as its owner");
        }
        try {
            return existing(check, directory);
        } catch (IOException e) {
            return Finding.failure(check, directory + ": " + e.getMessage(), "see the file system of this directory");
        }
    }

    private static Finding existing(String check, Path directory) throws IOException {
        FileStore store = Files.getFileStore(directory);
        String type = store.type();
        String found = directory + ": " + Quantities.bytes(store.getUsableSpace()) + " free, " + type;
        if (!Files.isWritable(directory)) {
            return Finding.warning(
                    check,
                    found + ", read-only: lines can be served",
                    "to ingest, make it writable, or name another one");
        }
        if (NETWORK.matcher(type.toLowerCase(Locale.ROOT)).matches()) {
            return Finding.warning(
                    check, found + ": a network file system may become unavailable", "use a disk of this machine");
        }
        if (type.equals("tmpfs") || type.equals("overlay")) {
            return Finding.warning(
                    check,
                    found + ": its files are lost with the " + (type.equals("tmpfs") ? "next restart" : "container"),
                    "use a volume on a disk");
        }
        return store.getUsableSpace() < LITTLE_SPACE_BYTES
                ? Finding.warning(check, found, "free space before the next ingest, or name another directory")
                : Finding.ok(check, found);
    }

    /**
     * Checks that a server can listen, in the way in which {@code serve} checks it before it stores a file.
     *
     * @param option sets the port
     */
    static Finding address(String check, String host, int port, String option) {
        String place = host + " port " + port;
        try {
            ServeCommand.requireBindable(host, port);
            return Finding.ok(check, place + " is free");
        } catch (IOException e) {
            return isOfThisMachine(host) && isAnswering(host, port)
                    ? Finding.warning(
                            check,
                            place + " is in use, perhaps by a running server",
                            "to start another one, name another port (" + option + ")")
                    : Finding.failure(check, place + ": " + e.getMessage(), "see --host and " + option);
        }
    }

    /** Checks the file of keys of clients. */
    static Finding keys(Path file) {
        String check = "keys of clients";
        try {
            AccessListFile keys = AccessListFile.read(file);
            String found = file + ": " + Quantities.grouped(keys.size());
            return keys.isExposed()
                    ? Finding.warning(check, found + ", which other users can read or change", "chmod 640 " + file)
                    : Finding.ok(check, found);
        } catch (UsageException e) {
            return Finding.failure(check, String.valueOf(e.getMessage()), "line-server key CLIENT prints a valid line");
        }
    }

    /** Checks the certificates and keys of TLS. */
    static Finding tls(TlsFiles files, Instant now) {
        String check = "certificates";
        Optional<Instant> expiry;
        try {
            expiry = files.check();
        } catch (UsageException e) {
            return Finding.failure(check, String.valueOf(e.getMessage()), "follow the message; see http.md");
        }
        String found = expiry.map(time -> "valid until " + time).orElse("cannot be read without Quarkus");
        if (expiry.isPresent() && expiry.get().isBefore(now)) {
            return Finding.failure(check, found, "renew the certificate: clients refuse it");
        }
        return expiry.isPresent() && expiry.get().isBefore(now.plus(FEW_DAYS))
                ? Finding.warning(check, found, "renew the certificate")
                : Finding.ok(check, found);
    }

    private static boolean isOfThisMachine(String host) {
        try {
            InetAddress address = InetAddress.getByName(host);
            return address.isAnyLocalAddress()
                    || address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (IOException unknown) {
            return false;
        }
    }

    private static boolean isAnswering(String host, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
            return true;
        } catch (IOException refused) {
            return false;
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
