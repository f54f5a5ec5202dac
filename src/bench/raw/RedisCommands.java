import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Writes commands for {@code redis-cli --pipe} to standard output: {@code RedisCommands FILE} stores each line under its
 * number.
 */
final class RedisCommands {
    private static final int BUFFER_BYTES = 1 << 18;

    private byte[] line = new byte[1 << 12];
    private int length;
    private long number;

    private RedisCommands() {}

    public static void main(String[] args) throws IOException {
        try (InputStream text = Files.newInputStream(Path.of(args[0]));
                OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES)) {
            new RedisCommands().translate(text, out);
        }
    }

    private void translate(InputStream text, OutputStream out) throws IOException {
        byte[] block = new byte[BUFFER_BYTES];
        for (int read; (read = text.read(block)) > 0; ) {
            int start = 0;
            for (int at = 0; at < read; at++) {
                if (block[at] == '\n') {
                    append(block, start, at);
                    writeCommand(out);
                    start = at + 1;
                }
            }
            append(block, start, read);
        }
        if (length > 0) {
            writeCommand(out);
        }
    }

    private void append(byte[] block, int from, int to) {
        if (length + to - from > line.length) {
            line = Arrays.copyOf(line, 2 * (length + to - from));
        }
        System.arraycopy(block, from, line, length, to - from);
        length += to - from;
    }

    private void writeCommand(OutputStream out) throws IOException {
        String key = Long.toString(++number);
        String head = "*3\r\n$3\r\nSET\r\n$" + key.length() + "\r\n" + key + "\r\n$" + length + "\r\n";
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
        out.write(line, 0, length);
        out.write('\r');
        out.write('\n');
        length = 0;
    }
}
