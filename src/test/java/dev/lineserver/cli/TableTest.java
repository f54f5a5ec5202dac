package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Help.Ansi;

import dev.lineserver.cli.Table.Column;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests tables, and the colours and width of terminals. */
final class TableTest {
    private static String print(Table table, Terminal terminal) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        StandardOutput out = new StandardOutput(Channels.newChannel(bytes), terminal);
        table.print(out);
        out.flush();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static Table table() {
        Table table = new Table(Column.number("N"), Column.cutAtEnd("TIME", 4), Column.cutInMiddle("SOURCE", 7));
        table.row("9", "2026-11-29", "/logs/of/a/machine/access.log");
        table.row("1,000", "2025", "é\n𝄞");
        return table;
    }

    @Test
    void aPipeGetsEveryCellWhole() throws IOException {
        assertEquals("""
                    N  TIME        SOURCE
                    9  2026-11-29  /logs/of/a/machine/access.log
                1,000  2025        é\\u000a𝄞
                """, print(table(), Terminal.NONE));
        assertEquals("", print(new Table(Column.text("N")), Terminal.NONE));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            48|    9  2026-11-29  /logs/of/a/machine/access.log
            47|    9  2026-11-29  /logs/of/a/ma…ine/access.log
            29|    9  2026-11-29  /log…s.log
            26|    9  2026-11-29  /lo…log
            21|    9  2026…  /lo…log
            20|    9  202…  /lo…log
            1|    9  202…  /lo…log
            """, ignoreLeadingAndTrailingWhitespace = false)
    void cellsAreCutToTheWidthOfATerminal(int width, String line) throws IOException {
        String printed = print(table(), new Terminal(Ansi.OFF, () -> width));
        assertEquals(line, printed.lines().toList().get(1));
        for (String row : printed.lines().toList()) {
            assertTrue(row.codePointCount(0, row.length()) <= Math.max(width, 20), row);
        }
    }

    @Test
    void headingsAreBoldOnATerminalWithColours() throws IOException {
        String printed = print(table(), Terminal.of(Map.of("TERM", "xterm", "COLUMNS", "80")));
        assertTrue(printed.startsWith("\u001b[1m    N  TIME        SOURCE\u001b[21m\u001b[0m\n"), printed);
        assertEquals(1, printed.lines().filter(line -> line.contains("\u001b")).count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM=dumb", "COLUMNS=80", "TERM=xterm NO_COLOR=1", "TERM=xterm NO_COLOR=0"})
    void thereAreNoColoursIfTheUserOrTheTerminalRefusesThem(String variables) {
        assertEquals(Ansi.OFF, Terminal.of(environment(variables)).ansi());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM=xterm-256color", "TERM=xterm NO_COLOR="})
    void anEmptyVariableRefusesNothing(String variables) {
        assertEquals(Ansi.ON, Terminal.of(environment(variables)).ansi());
    }

    private static Map<String, String> environment(String variables) {
        Map<String, String> environment = new HashMap<>();
        for (String variable : variables.split(" ", -1)) {
            String[] pair = variable.split("=", -1);
            environment.put(pair[0], pair[1]);
        }
        return environment;
    }

    @Test
    void theVariableColumnsIsTheWidth() {
        assertEquals(57, Terminal.of(Map.of("COLUMNS", "57")).columns().getAsInt());
    }
}
