import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Requests random lines on many connections, each as soon as the answer to the one before it has come, and compares every
 * answer with the file: {@code Oracle FILE[,FILE] PORT CONNECTIONS SECONDS SEED [PAUSE]}. With several files, which have the
 * same number of lines, the line of any of them is right. PAUSE is the time after an answer, in milliseconds. For each second it prints
 * {@code SECOND number good refused failed wrong longest past last}: answers with the right line, those with status 503,
 * requests without an answer, all other answers, the longest time of a request that ended in this second, in milliseconds,
 * those of the other answers that are 413, and the time of the last request of this second that did not get its line, in
 * milliseconds since 1970, or 0. The first wrong answers go to standard error.
 */
final class Oracle {
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int MOST_REPORTED = 5;

    /** A text, the offset of each line, and the offset at which a further line would begin. */
    private record Text(byte[] bytes, int[] starts) {
        private static Text read(Path file) throws IOException {
            byte[] bytes = Files.readAllBytes(file);
            int[] starts = new int[bytes.length + 2];
            int count = 0;
            for (int at = 0; at < bytes.length; at++) {
                if (at == 0 || bytes[at - 1] == '\n') {
                    starts[count++] = at;
                }
            }
            starts[count++] = bytes.length + (bytes[bytes.length - 1] == '\n' ? 0 : 1);
            return new Text(bytes, Arrays.copyOf(starts, count));
        }

        private boolean isLine(int index, byte[] line) {
            return Arrays.equals(line, 0, line.length, bytes, starts[index], starts[index + 1] - 1);
        }
    }

    private static final List<Text> TEXTS = new ArrayList<>();
    private static int lines;
    private static long pauseMillis;
    private static AtomicLongArray good;
    private static AtomicLongArray refused;
    private static AtomicLongArray failed;
    private static AtomicLongArray wrong;
    private static AtomicLongArray longest;
    private static AtomicLongArray past;
    private static AtomicLongArray last;
    private static final AtomicInteger REPORTED = new AtomicInteger();
    private static long begin;

    private Oracle() {}

    public static void main(String[] args) throws Exception {
        for (String file : args[0].split(",")) {
            TEXTS.add(Text.read(Path.of(file)));
        }
        lines = TEXTS.getFirst().starts.length - 1;
        pauseMillis = args.length > 5 ? Long.parseLong(args[5]) : 0;
        int port = Integer.parseInt(args[1]);
        int connections = Integer.parseInt(args[2]);
        int seconds = Integer.parseInt(args[3]);
        good = new AtomicLongArray(seconds);
        refused = new AtomicLongArray(seconds);
        failed = new AtomicLongArray(seconds);
        wrong = new AtomicLongArray(seconds);
        longest = new AtomicLongArray(seconds);
        past = new AtomicLongArray(seconds);
        last = new AtomicLongArray(seconds);
        SplittableRandom seeds = new SplittableRandom(Long.parseLong(args[4]));
        begin = System.nanoTime();
        Thread[] threads = new Thread[connections];
        for (int i = 0; i < connections; i++) {
            SplittableRandom random = seeds.split();
            threads[i] = Thread.ofVirtual().start(() -> request(port, random));
        }
        for (int second = 0; second < seconds; second++) {
            Thread.sleep(Math.max(0, (begin - System.nanoTime()) / 1_000_000 + (second + 1) * 1_000L));
            System.out.printf(
                    "SECOND %d %d %d %d %d %d %d %d%n",
                    second,
                    good.get(second),
                    refused.get(second),
                    failed.get(second),
                    wrong.get(second),
                    longest.get(second) / 1_000_000,
                    past.get(second),
                    last.get(second));
        }
        System.exit(0);
    }

    private static void request(int port, SplittableRandom random) {
        while (true) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(TIMEOUT_MILLIS);
                InputStream in = new BufferedInputStream(socket.getInputStream());
                boolean open = true;
                while (open) {
                    int index = random.nextInt(lines);
                    long start = System.nanoTime();
                    try {
                        socket.getOutputStream()
                                .write(("GET /lines/" + (index + 1) + " HTTP/1.1\r\nHost: l\r\n\r\n")
                                        .getBytes(StandardCharsets.US_ASCII));
                        count(outcome(in, index), start);
                    } catch (IOException e) {
                        count(failed, start);
                        open = false;
                    }
                    Thread.sleep(pauseMillis);
                }
            } catch (IOException e) {
                count(failed, System.nanoTime());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static AtomicLongArray outcome(InputStream in, int index) throws IOException {
        int status = Integer.parseInt(readLine(in).split(" ", 3)[1]);
        int length = 0;
        for (String header = readLine(in); !header.isEmpty(); header = readLine(in)) {
            if (header.regionMatches(true, 0, "content-length:", 0, "content-length:".length())) {
                length = Integer.parseInt(header.substring("content-length:".length()).strip());
            }
        }
        byte[] body = in.readNBytes(length);
        boolean right = status == 200 && TEXTS.stream().anyMatch(text -> text.isLine(index, body));
        if (!right && status != 503 && REPORTED.getAndIncrement() < MOST_REPORTED) {
            String start = new String(body, 0, Math.min(body.length, 300), StandardCharsets.ISO_8859_1);
            System.err.println("line " + (index + 1) + ": " + status + " " + start);
        }
        return right ? good : status == 503 ? refused : status == 413 ? past : wrong;
    }

    private static String readLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException();
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    private static void count(AtomicLongArray outcome, long start) {
        long now = System.nanoTime();
        int second = (int) ((now - begin) / 1_000_000_000);
        if (second < outcome.length()) {
            outcome.incrementAndGet(second);
            if (outcome == past) {
                wrong.incrementAndGet(second);
            }
            if (outcome != good) {
                last.set(second, System.currentTimeMillis());
            }
            longest.accumulateAndGet(second, now - start, Math::max);
        }
    }
}
