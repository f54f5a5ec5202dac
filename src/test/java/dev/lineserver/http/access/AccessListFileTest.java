package dev.lineserver.http.access;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.config.UsageException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class AccessListFileTest {
    private static final ApiKey KEY = ApiKey.generate();
    private static final ApiKey OTHER = ApiKey.generate();

    private static final class Messages extends Handler {
        final List<String> all = new CopyOnWriteArrayList<>();

        @Override
        public void publish(LogRecord entry) {
            all.add(entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @TempDir
    Path directory;

    private final Messages log = new Messages();
    private final Logger logger = Logger.getLogger(AccessListFile.class.getName());
    private Path file;

    @BeforeEach
    void write() throws Exception {
        logger.addHandler(log);
        file = Files.writeString(directory.resolve("keys"), KEY.fileLine("web", "a"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    @AfterEach
    void removeHandler() {
        logger.removeHandler(log);
    }

    /** A change within the resolution of the file system's clock, or by a program that sets the time back, counts. */
    @Test
    void aChangeIsFollowedAlsoIfSizeAndTimeStayTheSame() throws Exception {
        AccessListFile keys = AccessListFile.open(file);
        FileTime time = Files.getLastModifiedTime(file);
        assertNotNull(keys.current().findByKey(KEY.text()));
        assertEquals(1, keys.size());
        Files.writeString(file, OTHER.fileLine("web", "a"));
        Files.setLastModifiedTime(file, time);
        assertTrue(keys.refresh());
        assertNull(keys.current().findByKey(KEY.text()));
        assertNotNull(keys.current().findByKey(OTHER.text()));
        assertTrue(keys.refresh());
        assertEquals(1, log.all.size(), log.all.toString());
    }

    @Test
    void aFileThatCannotBeUsedLeavesTheLastKeysValidAndIsLoggedOnce() throws Exception {
        AccessListFile keys = AccessListFile.open(file);
        Files.writeString(file, "web sha256:12");
        assertFalse(keys.refresh());
        assertFalse(keys.refresh());
        Files.delete(file);
        assertFalse(keys.refresh());
        Files.write(file, new byte[AccessListFile.MAX_BYTES + 1]);
        assertFalse(keys.refresh());
        assertNotNull(keys.current().findByKey(KEY.text()));
        assertEquals(3, log.all.size(), log.all.toString());
        assertTrue(log.all.getFirst().contains("the last ones stay valid: line 1: "), log.all.toString());
        Files.writeString(file, OTHER.fileLine("web", "a"));
        assertTrue(keys.refresh());
        assertNull(keys.current().findByKey(KEY.text()));
    }

    @Test
    void aFileThatBecomesReadableByAllIsNamed() throws Exception {
        AccessListFile keys = AccessListFile.open(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        Files.writeString(file, OTHER.fileLine("web", "a"));
        assertTrue(keys.refresh());
        assertTrue(log.all.getLast().contains("keys can be read by all users"), log.all.toString());
    }

    @Test
    void keysAreHiddenInTexts() {
        assertEquals("/lines/1?key=lsk_***&a=b", ApiKey.mask("/lines/1?key=" + KEY.text() + "&a=b"));
        assertEquals("/lines/1", ApiKey.mask("/lines/1"));
        assertEquals("lsk_…", KEY.toString());
    }

    /** Whoever empties the file wants nobody to read. */
    @Test
    void anEmptyFileLetsNobodyIn() throws Exception {
        AccessListFile keys = AccessListFile.open(file);
        Files.writeString(file, "# nobody\n");
        assertTrue(keys.refresh());
        assertNull(keys.current().findByKey(KEY.text()));
    }

    @Test
    void aFileThatCannotBeUsedAtStartIsIncorrectUsage() throws Exception {
        String missing =
                String.valueOf(assertThrows(UsageException.class, () -> AccessListFile.open(directory.resolve("none")))
                        .getMessage());
        assertTrue(missing.endsWith("none: it does not exist"), missing);
        Files.writeString(file, "\nweb " + KEY.text());
        String invalid = String.valueOf(assertThrows(UsageException.class, () -> AccessListFile.open(file))
                .getMessage());
        assertTrue(invalid.contains("line 2: "), invalid);
        assertFalse(invalid.contains(KEY.text()), invalid);
    }

    /** Nobody writes to the pipe: reading it would wait for ever. */
    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void aPipeIsRefusedAndNotWaitedFor() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        String refusal = String.valueOf(assertThrows(UsageException.class, () -> AccessListFile.open(pipe))
                .getMessage());
        assertTrue(refusal.endsWith("pipe: it is not a regular file"), refusal);
        AccessListFile keys = AccessListFile.open(file);
        Files.move(pipe, file, StandardCopyOption.REPLACE_EXISTING);
        assertFalse(keys.refresh());
        assertNotNull(keys.current().findByKey(KEY.text()));
    }

    @Test
    void aFileThatAllMayReadOrOthersMayChangeIsWarnedOf() throws Exception {
        for (String permissions : List.of("rw-------", "rw-r-----", "r--r-----")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            AccessListFile.open(file);
        }
        assertEquals(List.of(), log.all);
        for (String permissions : List.of("rw-r--r--", "rw-rw----", "rw----r--", "rw-----w-")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            AccessListFile.open(file);
        }
        assertEquals(4, log.all.size(), log.all.toString());
    }
}
