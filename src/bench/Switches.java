import java.io.BufferedWriter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Switches the version of a dataset once a second while connections read lines, and checks every answer.
 *
 * <p>{@code Switches PORT DATASET CONNECTIONS SECONDS LINES DIRECTORY PROGRAM... -- OPTIONS...}. PROGRAM runs Line Server;
 * OPTIONS select its store. The texts are written to DIRECTORY, each with LINES lines. Every other switch ingests the next
 * text, with {@code --keep 2}; the one after it rolls back. Prints one line, and exits with 1 if an answer was wrong or
 * missing, or a command failed.
 *
 * <p>Every line names its text and its number. One request of four names one of the two versions that are stored, and the
 * others read the current one. An answer is right if it is 200, its line is that of the text, its entity tag ends with the
 * line index, and all answers with the same digest in the tag are of the same text: that of the version whose manifest has
 * this digest. A request that names a version may be answered 410 once that version is not stored any more.
 */
final class Switches {
    private static final Pattern VERSION = Pattern.compile("\"version\":(\\d+)");
    private static final Pattern DIGEST = Pattern.compile("\"digest\":\"([^\"]+)\"");
    private static final Pattern HEAD =
            Pattern.compile("(?si)HTTP/1.1 (\\d+) .*?(?:etag: \"([^\"]*)-(\\d+)\".*?)?content-length: (\\d+)\r\n");
    private static final int MOST_REPORTED = 5;
    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(60);
    private static final long ANSWER_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final int port;
    private final String dataset;
    private final int connections;
    private final int seconds;
    private final int lines;
    private final Path directory;
    private final List<String> program;
    private final List<String> options;
    private final HttpClient http = HttpClient.newHttpClient();

    /** The text of each digest; the reader learns it from answers, and the switching thread from manifests. */
    private final Map<String, Integer> texts = new HashMap<>();
    /** The versions that requests name, and the text of each. */
    private volatile long[] stored = {};

    private volatile int[] storedTexts = {};
    private volatile boolean stopping;
    /** The text that the switch made current, and the time at which an answer first showed it; 0 until then. */
    private volatile int awaitedText;

    private volatile long seenNanos;

    private long answered;
    private long named;
    private long gone;
    private long wrong;
    private long failedCommands;

    private Switches(String[] args) {
        port = Integer.parseInt(args[0]);
        dataset = args[1];
        connections = Integer.parseInt(args[2]);
        seconds = Integer.parseInt(args[3]);
        lines = Integer.parseInt(args[4]);
        directory = Path.of(args[5]);
        List<String> rest = List.of(args).subList(6, args.length);
        program = rest.subList(0, rest.indexOf("--"));
        options = rest.subList(rest.indexOf("--") + 1, rest.size());
    }

    public static void main(String[] args) throws Exception {
        Switches switches = new Switches(args);
        if (!switches.run()) {
            System.exit(1);
        }
    }

    private boolean run() throws Exception {
        if (!ingest(1)) {
            return false;
        }
        awaitServed(1);
        learnStored();
        Thread reader = Thread.ofPlatform().daemon().start(this::readAll);
        List<Long> delays = new ArrayList<>();
        long start = System.nanoTime();
        int made = 0;
        int newest = 1;
        int current = 1;
        for (int second = 1; second <= seconds && reader.isAlive(); second++) {
            long due = start + TimeUnit.SECONDS.toNanos(second);
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            if (second % 2 == 1) {
                current = ++newest;
                write(newest);
            } else {
                current = 1;
            }
            awaitedText = current;
            seenNanos = 0;
            boolean succeeded = second % 2 == 1 ? ingest(newest) : command("rollback", dataset);
            long done = System.nanoTime();
            made += succeeded ? 1 : 0;
            learnStored();
            while (seenNanos == 0 && System.nanoTime() - done < TimeUnit.SECONDS.toNanos(2) && reader.isAlive()) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            delays.add(seenNanos == 0 ? Long.MAX_VALUE : Math.max(0, seenNanos - done));
        }
        double elapsed = (System.nanoTime() - start) / 1e9;
        stopping = true;
        reader.join(TimeUnit.NANOSECONDS.toMillis(2 * ANSWER_TIMEOUT_NANOS));
        delays.sort(null);
        System.out.printf(
                "SWITCHES %d in %.1f s: %d answers, %d of them of named versions, %d gone, %d wrong; %d commands failed; "
                        + "seen after at most %.0f ms, median %.0f ms%n",
                made,
                elapsed,
                answered,
                named,
                gone,
                wrong,
                failedCommands,
                delays.getLast() / 1e6,
                delays.get(delays.size() / 2) / 1e6);
        return wrong == 0 && failedCommands == 0 && made > 0 && answered > 0;
    }

    private static String line(int text, long number) {
        // Lengths differ between texts, so that a line of another text would not begin at the same byte.
        return "text " + text + " line " + number + " " + "x".repeat((int) ((text * 7L + number) % 53));
    }

    private Path write(int text) throws IOException {
        Path file = directory.resolve("text-" + text + ".txt");
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (long number = 1; number <= lines; number++) {
                out.write(line(text, number));
                out.write('\n');
            }
        }
        return file;
    }

    private boolean ingest(int text) throws Exception {
        return command("ingest", write(text).toString(), "--dataset", dataset, "--keep", "2");
    }

    private boolean command(String... words) throws Exception {
        List<String> command = new ArrayList<>(program);
        command.addAll(List.of(words));
        command.addAll(options);
        Path log = directory.resolve("command.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(COMMAND_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        boolean succeeded = process.waitFor() == 0;
        if (!succeeded) {
            failedCommands++;
            System.err.println(String.join(" ", words) + " failed: " + Files.readString(log));
        }
        return succeeded;
    }

    private String get(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(5))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    private void awaitServed(int text) throws Exception {
        for (int i = 0; i < 100 && !get("/datasets/" + dataset + "/lines/1").equals(line(text, 1)); i++) {
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** Reads the manifests of the stored versions, and the text of each from its first line. */
    private void learnStored() throws Exception {
        String listing = get("/datasets/" + dataset + "/versions");
        Matcher version = VERSION.matcher(listing);
        Matcher digest = DIGEST.matcher(listing);
        List<Long> numbers = new ArrayList<>();
        List<Integer> itsTexts = new ArrayList<>();
        while (version.find() && digest.find()) {
            String first = get("/datasets/" + dataset + "/versions/" + version.group(1) + "/lines/1");
            if (first.startsWith("text ")) {
                int text = Integer.parseInt(first.split(" ", 3)[1]);
                checkText(digest.group(1), text, "the manifest of version " + version.group(1));
                numbers.add(Long.parseLong(version.group(1)));
                itsTexts.add(text);
            }
        }
        storedTexts = new int[0];
        stored = numbers.stream().mapToLong(Long::longValue).toArray();
        storedTexts = itsTexts.stream().mapToInt(Integer::intValue).toArray();
    }

    private synchronized void checkText(String digest, int text, String where) {
        Integer known = texts.putIfAbsent(digest, text);
        if (known != null && known != text) {
            report(where + ": digest " + digest + " is of text " + known + " and of text " + text);
        }
    }

    private synchronized void report(String fault) {
        if (++wrong <= MOST_REPORTED) {
            System.err.println(fault);
        }
    }

    /** The reader thread: keeps one request of each connection in flight until the program stops. */
    private void readAll() {
        try (Selector selector = Selector.open()) {
            List<Connection> all = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                Connection connection = new Connection(selector, new SplittableRandom(i));
                all.add(connection);
                connection.send();
            }
            long lastCheck = System.nanoTime();
            while (!stopping) {
                selector.select(100);
                for (SelectionKey key : selector.selectedKeys()) {
                    ((Connection) key.attachment()).receive();
                }
                selector.selectedKeys().clear();
                if (System.nanoTime() - lastCheck > TimeUnit.SECONDS.toNanos(1)) {
                    lastCheck = System.nanoTime();
                    all.forEach(Connection::requireAnswer);
                }
            }
        } catch (IOException | RuntimeException e) {
            report("the reader has ended: " + e);
        }
    }

    /** A connection with one request in flight. */
    private final class Connection {
        private final SocketChannel channel;
        private final SplittableRandom random;
        private final ByteBuffer in = ByteBuffer.allocate(64 << 10);
        private long number;
        /** The version that the request names, and its text; 0 for the current one. */
        private long version;

        private int text;
        private long sentNanos;
        private boolean overdue;

        Connection(Selector selector, SplittableRandom random) throws IOException {
            this.random = random;
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            SelectionKey _ = channel.register(selector, SelectionKey.OP_READ, this);
        }

        void send() throws IOException {
            number = random.nextLong(lines) + 1;
            long[] numbers = stored;
            int[] itsTexts = storedTexts;
            version = 0;
            if (random.nextInt(4) == 0 && numbers.length > 0 && numbers.length == itsTexts.length) {
                int chosen = random.nextInt(numbers.length);
                version = numbers[chosen];
                text = itsTexts[chosen];
            }
            String path = "/datasets/" + dataset + (version == 0 ? "" : "/versions/" + version) + "/lines/" + number;
            byte[] head = ("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
            ByteBuffer out = ByteBuffer.wrap(head);
            // The socket's buffer is empty, because the last request has been answered.
            while (out.hasRemaining()) {
                int _ = channel.write(out);
            }
            sentNanos = System.nanoTime();
        }

        void receive() throws IOException {
            if (channel.read(in) < 0) {
                throw new IOException("the server closed a connection");
            }
            String bytes = new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
            int end = bytes.indexOf("\r\n\r\n");
            if (end < 0) {
                return;
            }
            Matcher head = HEAD.matcher(bytes.substring(0, end + 2));
            if (!head.lookingAt()) {
                throw new IOException("an answer without a length: " + bytes);
            }
            int length = Integer.parseInt(head.group(4));
            if (bytes.length() < end + 4 + length) {
                return;
            }
            in.clear();
            answered++;
            check(head, bytes.substring(end + 4, end + 4 + length));
            send();
        }

        private void check(Matcher head, String line) {
            if (version != 0 && head.group(1).equals("410")) {
                gone++;
                return;
            }
            if (!head.group(1).equals("200") || head.group(2) == null) {
                report(describe() + " was answered " + head.group() + line);
                return;
            }
            int got = line.startsWith("text ") ? Integer.parseInt(line.split(" ", 3)[1]) : -1;
            if (got < 0 || !line.equals(line(got, number))) {
                report(describe() + " was answered with the line " + line);
            } else if (Long.parseLong(head.group(3)) != number - 1) {
                report(describe() + " has the entity tag of line index " + head.group(3));
            } else if (version != 0 && got != text) {
                report(describe() + " was answered with a line of text " + got + " instead of " + text);
            } else {
                checkText(head.group(2), got, describe());
                if (version != 0) {
                    named++;
                } else if (got == awaitedText && seenNanos == 0) {
                    seenNanos = System.nanoTime();
                }
            }
        }

        private String describe() {
            return "line " + number + (version == 0 ? "" : " of version " + version);
        }

        void requireAnswer() {
            if (!overdue && System.nanoTime() - sentNanos > ANSWER_TIMEOUT_NANOS) {
                overdue = true;
                report(describe() + " was not answered in time");
            }
        }
    }
}
