package dev.lineserver.http.access;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import dev.lineserver.config.UsageException;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.RegularFile;

/**
 * The file of keys, whose changes are followed. {@link #refresh} reads it, and compares its content with the last one: a
 * time of modification can be set back, and two changes can have the same. A file that cannot be used leaves the
 * last content in force.
 *
 * <p>One thread at a time calls {@link #refresh}; any thread may call {@link #current}.
 */
public final class AccessListFile {
    /** More than 10,000 keys. It is read once a second: 1 MiB. */
    static final int MAX_BYTES = 1 << 20;

    private static final System.Logger LOG = System.getLogger(AccessListFile.class.getName());
    /** The permissions to change who may read, and to see who does. */
    private static final Set<PosixFilePermission> TOO_MUCH = EnumSet.of(
            PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);

    private final Path file;
    private final String name;
    private byte[] content;
    private volatile AccessList current;
    /** The reason why the file cannot be used now; null if it can. */
    private @Nullable String failure;

    private AccessListFile(Path file, byte[] content) {
        this.file = file;
        name = ControlCharacters.escape(file.toString());
        this.content = content;
        current = parse(content);
    }

    /**
     * Reads a file, and warns if too many users may read or change it.
     *
     * @throws UsageException if it cannot be read, or a line is invalid
     */
    public static AccessListFile open(Path file) {
        AccessListFile opened = read(file);
        opened.warnOfPermissions();
        return opened;
    }

    /**
     * Reads a file.
     *
     * @throws UsageException if it cannot be read, or a line is invalid
     */
    public static AccessListFile read(Path file) {
        try {
            return new AccessListFile(file, RegularFile.read(file, MAX_BYTES));
        } catch (IOException e) {
            throw new UsageException(
                    IoErrors.message("read the keys in " + ControlCharacters.escape(file.toString()), e));
        } catch (IllegalArgumentException e) {
            throw new UsageException(
                    "the keys in " + ControlCharacters.escape(file.toString()) + " are invalid: " + e.getMessage());
        }
    }

    private static AccessList parse(byte[] content) {
        return AccessList.parse(new String(content, StandardCharsets.UTF_8));
    }

    /** Returns the clients of the last content that could be used. */
    public AccessList current() {
        return current;
    }

    /**
     * Reads the file again, and logs a change, and the first of several equal failures.
     *
     * @return false if it cannot be used, so that the last content stays in force
     */
    public boolean refresh() {
        try {
            byte[] now = RegularFile.read(file, MAX_BYTES);
            if (!Arrays.equals(now, content)) {
                current = parse(now);
                content = now;
                LOG.log(System.Logger.Level.INFO, "read " + name + ": " + current.size() + " keys and certificates");
                warnOfPermissions();
            }
            failure = null;
            return true;
        } catch (IOException e) {
            fail(IoErrors.message("read it", e));
        } catch (IllegalArgumentException e) {
            fail(String.valueOf(e.getMessage()));
        }
        return false;
    }

    private void fail(String reason) {
        if (!reason.equals(failure)) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "the keys in " + name + " cannot be used, and the last ones stay valid: " + reason);
        }
        failure = reason;
    }

    private void warnOfPermissions() {
        if (isExposed()) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    name + " can be read by all users, or changed by others than its owner; use chmod 640");
        }
    }

    /** Returns true if too many users may read or change the file; false if its permissions are unknown. */
    public boolean isExposed() {
        try {
            return !Collections.disjoint(Files.getPosixFilePermissions(file), TOO_MUCH);
        } catch (UnsupportedOperationException | IOException e) {
            // This file system has no such permissions, or the file has just been replaced.
            return false;
        }
    }

    /** Returns the number of keys and certificates. */
    public int size() {
        return current.size();
    }
}
