package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.config.Settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests the configuration file that {@code --config} names. */
final class ConfigFileTest {
    private static final String PROPERTY = "line-server.dataset";

    @TempDir
    Path directory;

    private Path file;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @BeforeEach
    void write() throws Exception {
        file = directory.resolve("a b.properties");
        Files.writeString(directory.resolve("text"), "one\ntwo\n");
    }

    @AfterEach
    void clear() {
        System.clearProperty(PROPERTY);
        System.clearProperty("line-server.config");
    }

    private int run(String... arguments) {
        out.reset();
        err.reset();
        return LineServerCommand.run(out, new PrintStream(err, true, StandardCharsets.UTF_8), arguments);
    }

    private String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8).replace(directory + "/", "");
    }

    @Test
    void theFileHasLessWeightThanPropertiesAndOptionsAndMoreThanDefaults() throws Exception {
        // Some editors write a byte order mark before the text.
        Files.writeString(file, """
                \uFEFFline-server.data-dir = %s/$data
                # a comment
                quarkus.log.level = WARN
                line-server.first-line-number : 0
                line-server.dataset = from-\\
                    file
                """.formatted(directory));
        String text = directory.resolve("text").toString();
        assertEquals(0, run("ingest", text, "--config=" + file), text(err));
        assertTrue(text(out).startsWith("dataset from-file version 1: "), text(out));
        assertTrue(Files.isDirectory(directory.resolve("$data/from-file")));
        assertEquals(0, run("get", "0", "--config", file.toString()), text(err));
        assertEquals("one\n", text(out));
        System.setProperty(PROPERTY, "from-property");
        assertEquals(0, run("ingest", text, "--config=" + file), text(err));
        assertTrue(text(out).startsWith("dataset from-property version 1: "), text(out));
        assertEquals(0, run("ingest", text, "--config=" + file, "--dataset=from-option"), text(err));
        assertTrue(text(out).startsWith("dataset from-option version 1: "), text(out));
    }

    @Test
    void theFileMayHaveEverySetting() throws Exception {
        Files.writeString(
                file,
                Settings.defaults().entrySet().stream()
                                .map(setting -> "line-server." + setting.getKey() + "=" + setting.getValue() + "\n")
                                .collect(Collectors.joining())
                        + "line-server.data-dir=" + directory.resolve("data")
                        + "\nline-server.aerospike-hosts=127.0.0.1:1,[::1]:2\nline-server.store=embedded\n");
        assertEquals(0, run("datasets", "--config=" + file), text(err));
    }

    @Test
    void everyCommandReadsTheFile() throws Exception {
        Files.writeString(file, "line-server.data-dir=\n");
        List<String> unread =
                new ArrayList<>(LineServerCommand.commandLine().getSubcommands().keySet());
        // It has no settings.
        unread.remove("key");
        unread.removeIf(verb -> {
            List<String> words = new ArrayList<>(List.of(verb, "--config=" + file));
            switch (verb) {
                case "ingest", "verify", "plan", "get", "versions", "rollback", "drop" -> words.add("1");
                case "publish" -> words.addAll(List.of("x", "--version=1"));
                case "diff" -> words.addAll(List.of("x", "1", "2"));
                default -> {}
            }
            return run(words.toArray(String[]::new)) == 2
                    && text(err)
                            .equals("line-server: line-server.data-dir in a b.properties is empty;"
                                    + " give it a value, or leave it out\n");
        });
        assertEquals(List.of(), unread, text(err));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            line-server.port=x                 | line-server.port in a b.properties: Expected an integer value, got "x"
            line-server.port=99999             | line-server.port in a b.properties: 99999 is not between 0 and 65535
            ^#\\n\\nline-server.prot=1^        | a b.properties line 3: there is no setting line-server.prot; correct its name, or remove the line
            line-server.host=\\\\\\n a\\nline-server.http.x=1 | a b.properties line 3: there is no setting line-server.http.x; correct its name, or remove the line
            %prod.line-server.port=80          | a b.properties line 1: there is no setting %prod.line-server.port; correct its name, or remove the line
            Line_Server.dataset=x              | a b.properties line 1: there is no setting Line_Server.dataset; correct its name, or remove the line
            quarkus.http.port=80               | quarkus.http.port in a b.properties: set line-server.port instead
            line-server.config=other           | a b.properties line 1: there is no setting line-server.config; correct its name, or remove the line
            line-server.host                   | a b.properties line 1 is not of the form NAME=VALUE; correct it, or begin it with # as a comment
            a = b\\nline-server.port 80        | a b.properties line 2 is not of the form NAME=VALUE; correct it, or begin it with # as a comment
            \\\\\\n#a=b                       | a b.properties line 1 is not of the form NAME=VALUE; correct it, or begin it with # as a comment
            a=\\\\\\n\\nline-server.prot=1    | a b.properties line 3: there is no setting line-server.prot; correct its name, or remove the line
            =5                                 | a b.properties line 1 is not of the form NAME=VALUE; correct it, or begin it with # as a comment
            line-server.host=\\\\u12           | a b.properties line 1 has a \\u without four hexadecimal digits; correct it, or write \\\\ for \\
            """)
    void aFaultOfTheFileIsIncorrectUsage(String content, String message) throws Exception {
        Files.writeString(file, content.replace("\\n", "\n").replace("\\\\", "\\"));
        assertEquals(2, run("datasets", "--config=" + file), text(out));
        assertEquals("line-server: " + message + "\n", text(err));
    }

    /** One line of Base64, for example. */
    @Test
    void aLongLineWithoutAValueIsIncorrectUsage() throws Exception {
        Files.writeString(file, "a".repeat(500_000));
        assertEquals(2, run("datasets", "--config=" + file), text(out));
        assertTrue(text(err).contains("a b.properties line 1 is not of the form NAME=VALUE"), text(err));
    }

    /** As long as a file may be. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aSettingOfManyLinesIsReadInOnePass() throws Exception {
        Files.writeString(file, "x\\\n".repeat(340_000));
        assertEquals(2, run("datasets", "--config=" + file), text(out));
        assertTrue(text(err).contains("a b.properties line 1 is not of the form NAME=VALUE"), text(err));
    }

    @Test
    void aFileThatCannotBeReadIsIncorrectUsage() throws Exception {
        String see = "; see --config and LINE_SERVER_CONFIG\n";
        assertEquals(2, run("datasets", "--config=" + file));
        assertEquals(
                "line-server: cannot read the configuration file a b.properties: it does not exist" + see, text(err));
        System.setProperty("line-server.config", directory.toString());
        assertEquals(2, run("datasets"));
        assertTrue(text(err).endsWith(": it is not a regular file" + see), text(err));
        Files.write(file, new byte[] {'a', '=', (byte) 0xff});
        assertEquals(2, run("datasets", "--config=" + file));
        assertEquals(
                "line-server: the configuration file a b.properties is not UTF-8 text; convert it, or name another\n",
                text(err));
        for (Charset utf16 : List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
            Files.writeString(file, "line-server.port=80", utf16);
            assertEquals(2, run("datasets", "--config=" + file));
            assertEquals(
                    "line-server: the configuration file a b.properties is not UTF-8 text, but probably UTF-16: it has"
                            + " zero bytes; convert it, or name another\n",
                    text(err));
        }
        Files.write(file, new byte[(1 << 20) + 1]);
        assertEquals(2, run("datasets", "--config=" + file));
        assertEquals(
                "line-server: cannot read the configuration file a b.properties: it is longer than 1048576 bytes" + see,
                text(err));
        assertEquals(2, run("datasets", "--config="));
        assertEquals("line-server: --config is empty; give it a value, or leave it out\n", text(err));
    }

    /** No locale can express a zero byte. */
    @Test
    void aNameThatTheLocaleCannotExpressIsIncorrectUsage() {
        assertEquals(2, run("datasets", "--config=a\0b"), text(err));
        assertEquals(
                "line-server: cannot read the configuration file: the locale of this process cannot express the name"
                        + " 'a\\u0000b'; set LC_ALL=C.UTF-8\n",
                text(err));
    }

    /** Nobody writes to the pipe, and a device may have no end. */
    @ParameterizedTest
    @ValueSource(strings = {"pipe", "/dev/zero"})
    @EnabledOnOs({OS.LINUX, OS.MAC})
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aFileThatIsNotARegularOneIsRefusedAndNotWaitedFor(String name) throws Exception {
        Path named = directory.resolve(name);
        if (!Files.exists(named)) {
            assertEquals(
                    0, new ProcessBuilder("mkfifo", named.toString()).start().waitFor());
        }
        assertEquals(2, run("get", "3", "--config", named.toString()));
        assertEquals(
                "line-server: cannot read the configuration file " + name
                        + ": it is not a regular file; see --config and LINE_SERVER_CONFIG\n",
                text(err));
    }
}
