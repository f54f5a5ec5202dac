package dev.lineserver.config;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;

import dev.lineserver.store.IoErrors;
import dev.lineserver.store.RegularFile;

/**
 * A file with settings: the one that the user names, or {@code config/application.properties}. It is checked more strictly than
 * Quarkus does: a misspelt name, or a file that cannot be read, would otherwise leave settings at their defaults.
 */
final class ConfigFile {
    /** Bounds the memory for a file that was named by mistake: 1 MiB. */
    private static final int MAX_BYTES = 1 << 20;

    /** Ends with an odd number of backslashes: the next line continues this one. */
    private static final Pattern CONTINUED = Pattern.compile("(?<!\\\\)(?:\\\\\\\\)*\\\\$");

    private static final Pattern COMMENT = Pattern.compile("[ \t\f]*(?:[#!].*)?");

    /**
     * A name ends at the first of these characters that no backslash precedes. Possessive: a group in a loop is matched by
     * recursion otherwise, and a long line overflows the stack.
     */
    private static final Pattern SEPARATED = Pattern.compile("(?:[^\\\\=:]++|\\\\.)*+[=:].*", Pattern.DOTALL);

    /** Begins a name of Quarkus, such as {@code %prod.quarkus.log.level}. */
    private static final Pattern PROFILE = Pattern.compile("^%[^.]+\\.");

    /** Some editors write it before the text. */
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private ConfigFile() {}

    /**
     * Reads a file.
     *
     * @param prefix begins the names of our settings; others are those of Quarkus
     * @param known the names of our settings
     * @return the values by their names, in the order of the file
     * @throws UsageException if the file cannot be read, has a line without a name and a value, or has an unknown name
     */
    static Map<String, String> read(Path file, String prefix, Set<String> known) {
        Map<String, String> values = new LinkedHashMap<>();
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            int number = i + 1;
            if (COMMENT.matcher(lines.get(i)).matches()) {
                continue;
            }
            StringBuilder setting = new StringBuilder(lines.get(i));
            while (CONTINUED.matcher(lines.get(i)).find() && i + 1 < lines.size()) {
                i++;
                setting.append('\n').append(lines.get(i));
            }
            String place = file + " line " + number;
            Properties parsed = parse(setting.toString(), place);
            String name = parsed.stringPropertyNames().iterator().next();
            String similar = withoutProfile(name).toLowerCase(Locale.ROOT).replace('_', '-');
            if (similar.startsWith(prefix) && !known.contains(name)) {
                throw new UsageException(
                        place + ": there is no setting " + name + "; correct its name, or remove the line");
            }
            values.put(name, parsed.getProperty(name));
        }
        return values;
    }

    /** Returns the name of a property without the profile that Quarkus allows before it. Our settings have no profiles. */
    static String withoutProfile(String name) {
        return PROFILE.matcher(name).replaceFirst("");
    }

    private static Properties parse(String setting, String place) {
        Properties parsed = new Properties();
        try (Reader text = new StringReader(setting)) {
            parsed.load(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (IllegalArgumentException malformedEscape) {
            throw new UsageException(
                    place + " has a \\u without four hexadecimal digits; correct it, or write \\\\ for \\");
        }
        // Empty if a comment follows a line that has a backslash only.
        if (!SEPARATED.matcher(setting).matches() || parsed.isEmpty() || parsed.containsKey("")) {
            throw new UsageException(
                    place + " is not of the form NAME=VALUE; correct it, or begin it with # as a comment");
        }
        return parsed;
    }

    private static List<String> lines(Path file) {
        try {
            byte[] bytes = RegularFile.read(file, MAX_BYTES);
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (text.indexOf('\0') >= 0) {
                throw new UsageException("the configuration file " + file
                        + " is not UTF-8 text, but probably UTF-16: it has zero bytes; convert it, or name another");
            }
            return (text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text)
                    .lines()
                    .toList();
        } catch (CharacterCodingException e) {
            throw new UsageException(
                    "the configuration file " + file + " is not UTF-8 text; convert it, or name another");
        } catch (IOException e) {
            throw new UsageException(IoErrors.message("read the configuration file " + file, e)
                    + "; see --config and LINE_SERVER_CONFIG");
        }
    }
}
