import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;

/**
 * Requests random lines from a server and compares them with the file: {@code SameLines FILE BASE_URL PATH COUNT SEED}.
 * PATH contains {@code %d} for the line number. Exits with 1 at the first difference.
 */
final class SameLines {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private SameLines() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        byte[] text = Files.readAllBytes(Path.of(args[0]));
        int[] starts = starts(text);
        int count = Integer.parseInt(args[3]);
        Random random = new Random(Long.parseLong(args[4]));
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            for (int i = 0; i < count; i++) {
                int index = random.nextInt(starts.length - 1);
                byte[] line = Arrays.copyOfRange(text, starts[index], starts[index + 1] - 1);
                URI url = URI.create(args[1] + args[2].formatted(index + 1));
                HttpResponse<byte[]> response = client.send(
                        HttpRequest.newBuilder(url).timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofByteArray());
                if (response.statusCode() != 200 || !Arrays.equals(response.body(), line)) {
                    System.err.println(url + " returned " + response.statusCode() + " with " + response.body().length
                            + " bytes; the line has " + line.length);
                    System.exit(1);
                }
            }
        }
    }

    /** Returns the offset of each line, and the offset at which a further line would begin. */
    private static int[] starts(byte[] text) {
        int[] starts = new int[text.length + 2];
        int count = 0;
        for (int at = 0; at < text.length; at++) {
            if (at == 0 || text[at - 1] == '\n') {
                starts[count++] = at;
            }
        }
        starts[count++] = text.length + (text[text.length - 1] == '\n' ? 0 : 1);
        return Arrays.copyOf(starts, count);
    }
}
