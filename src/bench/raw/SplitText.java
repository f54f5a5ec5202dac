import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes each line of a file to a separate file, named by the line number: {@code SplitText FILE FOLDER}. */
final class SplitText {
    private SplitText() {}

    public static void main(String[] args) throws IOException {
        byte[] text = Files.readAllBytes(Path.of(args[0]));
        Path folder = Path.of(args[1]);
        long number = 1;
        int start = 0;
        for (int at = 0; at < text.length; at++) {
            if (text[at] == '\n') {
                write(folder, number++, text, start, at);
                start = at + 1;
            }
        }
        if (start < text.length) {
            write(folder, number, text, start, text.length);
        }
    }

    private static void write(Path folder, long number, byte[] text, int from, int to) throws IOException {
        try (var out = Files.newOutputStream(folder.resolve(Long.toString(number)))) {
            out.write(text, from, to - from);
        }
    }
}
