package dev.lineserver.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * File attributes that detect a change. If two stamps of one path are equal, the path names the same file, and nobody
 * has written to it between them. The reverse does not hold: a file whose stamp has changed may still have the same
 * bytes.
 *
 * <p>A program can set a file's modification time to any value, but not its change time: the operating system sets that
 * at every write, rename and change of permissions. The stamp omits the device number because it may differ after a
 * restart.
 *
 * @param size size in bytes
 * @param modifiedAt time of the last write, or the time that a program has set instead
 * @param changedAt time of the last change of content or attributes
 * @param inode number of the file within its file system
 */
public record FileStamp(long size, Instant modifiedAt, Instant changedAt, long inode) {
    /** Reads the current stamp of a regular file. Follows symbolic links. */
    public static FileStamp of(Path file) throws IOException {
        Map<String, Object> now = Files.readAttributes(file, "unix:size,lastModifiedTime,ctime,ino");
        return new FileStamp(
                number(now.get("size")),
                time(now.get("lastModifiedTime")),
                time(now.get("ctime")),
                number(now.get("ino")));
    }

    private static long number(@Nullable Object attribute) {
        return (Long) Objects.requireNonNull(attribute);
    }

    private static Instant time(@Nullable Object attribute) {
        return ((FileTime) Objects.requireNonNull(attribute)).toInstant();
    }
}
