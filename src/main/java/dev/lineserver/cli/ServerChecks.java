package dev.lineserver.cli;

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
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

import dev.lineserver.config.TlsFiles;
import dev.lineserver.config.UsageException;
import dev.lineserver.http.access.AccessListFile;
import dev.lineserver.store.Finding;
import dev.lineserver.store.Quantities;

/**
 * Checks the addresses, data directory, keys and certificates that the settings of a server name. Reads, binds and connects
 * only: nothing is written.
 */
final class ServerChecks {
    private static final long LITTLE_SPACE_BYTES = 1 << 30;
    private static final int CONNECT_MILLIS = 1_000;

    /** A certificate should have been renewed by then: authorities that issue them by themselves advise 30 of 90 days. */
    private static final Duration FEW_DAYS = Duration.ofDays(7);

    /** Matches the types of file systems that another machine has. */
    private static final Pattern NETWORK = Pattern.compile("nfs.*|cifs|smb.*|9p|afs|ceph|gfs.*|fuse\\.(?!ext).*");

    private ServerChecks() {}

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
        String found = directory + ": " + Quantities.bytes(store.getUsableSpace()) + " free, " + store.type();
        if (!Files.isWritable(directory)) {
            return Finding.warning(
                    check,
                    found + ", read-only: lines can be served",
                    "to ingest, make it writable, or name another one");
        }
        return writable(check, found, store.type(), store.getUsableSpace());
    }

    /**
     * Checks the file system of a directory that can be written to.
     *
     * @param free in bytes
     */
    static Finding writable(String check, String found, String type, long free) {
        String space = free < LITTLE_SPACE_BYTES ? "free space before the next ingest, or name another directory" : "";
        String and = space.isEmpty() ? "" : "; ";
        if (NETWORK.matcher(type.toLowerCase(Locale.ROOT)).matches()) {
            return Finding.warning(
                    check,
                    found + ": a network file system may become unavailable",
                    "use a disk of this machine" + and + space);
        }
        if (type.equals("tmpfs") || type.equals("overlay")) {
            return Finding.warning(
                    check,
                    found + ": its files are lost with the " + (type.equals("tmpfs") ? "next restart" : "container"),
                    "use a volume on a disk" + and + space);
        }
        return space.isEmpty() ? Finding.ok(check, found) : Finding.warning(check, found, space);
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
}
