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
 * Tells whether a file is the one that was seen before, and untouched since: equal stamps of one path mean so. The reverse
 * does not hold; a file whose stamp has changed may still have the same bytes.
 *
 * <p>Programs can set a file's modification time to any value, but not its change time, which the system sets at every
 * write, rename and change of permissions. The device is left out: its number may differ after a restart.
 *
 * @param size in bytes
 * @param modifiedAt when the content was last written, or the time that a program has set instead
 * @param changedAt when content or attributes were last changed
 * @param inode number of the file within its file system
 */
public record FileStamp(long size, Instant modifiedAt, Instant changedAt, long inode) {
    /** The present stamp of a regular file; symbolic links are followed. */
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
