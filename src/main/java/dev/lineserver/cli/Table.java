package dev.lineserver.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import dev.lineserver.store.ControlCharacters;

/**
 * Rows under headings. Each column is as wide as its longest cell. On a terminal that is narrower than that, the columns
 * that can be cut are cut, the last one first, and a cell shows {@code …} in place of the missing characters. A file or a
 * pipe gets every cell as it is.
 */
final class Table {
    private static final String GAP = "  ";
    private static final String CUT = "…";

    private final List<Column> columns;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * A column.
     *
     * @param heading its heading
     * @param right true to align the cells on the right, as numbers are
     * @param least number of characters, at least 2, that stay if the column is cut; 0 if it is never cut
     * @param keepsEnd true to cut cells in their middle, false at their end
     */
    record Column(String heading, boolean right, int least, boolean keepsEnd) {
        static Column text(String heading) {
            return new Column(heading, false, 0, false);
        }

        static Column number(String heading) {
            return new Column(heading, true, 0, false);
        }

        /** A column whose cells are recognised by their beginnings. */
        static Column cutAtEnd(String heading, int least) {
            return new Column(heading, false, least, false);
        }

        /** A column of paths. */
        static Column cutInMiddle(String heading, int least) {
            return new Column(heading, false, least, true);
        }
    }

    Table(Column... columns) {
        this.columns = List.of(columns);
    }

    /** Adds a row with one cell for each column; control characters are escaped. */
    void row(String... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + columns.size() + " columns");
        }
        rows.add(List.of(cells).stream().map(ControlCharacters::escape).toList());
    }

    /** Prints the headings and rows; prints nothing if there are no rows. */
    void print(StandardOutput out) throws IOException {
        if (rows.isEmpty()) {
            return;
        }
        int[] widths = widths(out.terminal().columns().getAsInt());
        String headings = line(columns.stream().map(Column::heading).toList(), widths);
        out.text(out.terminal().ansi().string("@|bold " + headings + "|@") + "\n");
        for (List<String> row : rows) {
            out.text(line(row, widths) + "\n");
        }
    }

    private int[] widths(int available) {
        int[] widths = new int[columns.size()];
        long total = (long) GAP.length() * (columns.size() - 1);
        for (int i = 0; i < widths.length; i++) {
            widths[i] = columns.get(i).heading().length();
            for (List<String> row : rows) {
                widths[i] = Math.max(widths[i], length(row.get(i)));
            }
            total += widths[i];
        }
        long excess = total - available;
        for (int i = widths.length - 1; i >= 0 && excess > 0; i--) {
            int least = columns.get(i).least();
            if (least > 0 && widths[i] > least) {
                int cut = (int) Math.min(excess, widths[i] - least);
                widths[i] -= cut;
                excess -= cut;
            }
        }
        return widths;
    }

    private String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            Column column = columns.get(i);
            String cell = cut(cells.get(i), widths[i], column.keepsEnd());
            String blanks = " ".repeat(widths[i] - length(cell));
            line.append(i == 0 ? "" : GAP).append(column.right() ? blanks + cell : cell + blanks);
        }
        return line.toString().stripTrailing();
    }

    /** Returns a text of at most {@code width} characters. */
    private static String cut(String cell, int width, boolean keepsEnd) {
        int length = length(cell);
        if (length <= width) {
            return cell;
        }
        int end = keepsEnd ? width / 2 : 0;
        int begin = width - CUT.length() - end;
        return cell.substring(0, cell.offsetByCodePoints(0, begin))
                + CUT
                + cell.substring(cell.offsetByCodePoints(0, length - end));
    }

    /** Returns the number of characters, which is that of columns on the screen for most scripts. */
    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }
}
