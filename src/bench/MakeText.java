import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Writes pseudo-random text that depends only on its arguments: {@code MakeText FILE bytes|lines COUNT SEED}.
 *
 * <p>A line consists of invented words up to a random length: one line in a hundred is empty, most have 40 to 130 bytes,
 * and one in a thousand has 512 bytes or more. The average is 88 bytes without the terminator.
 */
final class MakeText {
    private static final int WORDS = 1 << 14;
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int LONGEST_LINE = 8 << 10;
    private static final String CONSONANTS = "bcdfghjklmnprstvwz";
    private static final String VOWELS = "aeiou";

    private final SplittableRandom random;
    private final byte[][] words = new byte[WORDS][];
    private final byte[] buffer = new byte[BUFFER_BYTES + LONGEST_LINE + 1];
    private int size;

    private MakeText(long seed) {
        random = new SplittableRandom(seed);
        for (int i = 0; i < WORDS; i++) {
            words[i] = word().getBytes(StandardCharsets.US_ASCII);
        }
    }

    public static void main(String[] args) throws IOException {
        long count = Long.parseLong(args[2]);
        MakeText text = new MakeText(Long.parseLong(args[3]));
        try (OutputStream out = Files.newOutputStream(Path.of(args[0]))) {
            if (args[1].equals("lines")) {
                text.writeLines(out, count);
            } else {
                text.writeBytes(out, count);
            }
        }
    }

    private void writeLines(OutputStream out, long count) throws IOException {
        for (long i = 0; i < count; i++) {
            addLine();
            flushBeyond(out, BUFFER_BYTES - 1);
        }
        flushBeyond(out, 0);
    }

    /** Writes whole lines up to {@code count} bytes. Truncates the last line to that size; the text ends with a newline. */
    private void writeBytes(OutputStream out, long count) throws IOException {
        long left = count;
        while (left > 0) {
            int before = size;
            addLine();
            left -= size - before;
            if (left <= 0) {
                size += (int) left;
                buffer[size - 1] = '\n';
            }
            flushBeyond(out, BUFFER_BYTES - 1);
        }
        flushBeyond(out, 0);
    }

    private void flushBeyond(OutputStream out, int threshold) throws IOException {
        if (size > threshold) {
            out.write(buffer, 0, size);
            size = 0;
        }
    }

    private void addLine() {
        int end = size + randomLength();
        while (size < end) {
            byte[] word = words[random.nextInt(WORDS)];
            int length = Math.min(word.length, end - size);
            System.arraycopy(word, 0, buffer, size, length);
            size += length;
        }
        buffer[size++] = '\n';
    }

    private int randomLength() {
        int kind = random.nextInt(1000);
        if (kind < 10) {
            return 0;
        } else if (kind == 10) {
            return 512 + random.nextInt(LONGEST_LINE - 512);
        }
        return 40 + (random.nextInt(91) + random.nextInt(91)) / 2;
    }

    private String word() {
        StringBuilder word = new StringBuilder();
        for (int syllables = 1 + random.nextInt(4); syllables > 0; syllables--) {
            word.append(CONSONANTS.charAt(random.nextInt(CONSONANTS.length())));
            word.append(VOWELS.charAt(random.nextInt(VOWELS.length())));
        }
        return word.append(' ').toString();
    }
}
