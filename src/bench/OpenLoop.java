import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends requests at a fixed rate, however slow the server is. Latency counts from the time at which a request was due.
 *
 * <p>{@code OpenLoop PORT PATH LINES RATE CONNECTIONS WARM_SECONDS SECONDS SEED}. PATH contains {@code %d} for the
 * line number. Prints {@code LATENCY sent answered errors p50 p99 p99.9 max good goodP99}: the rates in requests/s, the times
 * in microseconds; the last two are of the answers with status 200.
 *
 * <p>Request k is due at {@code start + k / rate}. It is sent on an idle connection; if there is none, it is queued, and
 * the time in the queue counts. A request that is pending two seconds after the last one was due counts as an error, with
 * its latency so far. A closed loop would send fewer requests to a server that stalls, and its percentiles would not show
 * the stall (G. Tene's "coordinated omission").
 */
final class OpenLoop {
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(2);
    /** With the timer slack of the kernel this sleeps about 0.1 ms. Spinning would be more precise but occupy a core. */
    private static final long NAP_NANOS = 50_000;

    private static final int BUFFER_BYTES = 64 << 10;
    private static final int PREPARED = 1 << 16;

    private final InetSocketAddress server;
    private final ByteBuffer[] requests = new ByteBuffer[PREPARED];
    private final Selector selector = Selector.open();
    private final ArrayDeque<Connection> idle = new ArrayDeque<>();
    private final int connections;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private Histogram times = new Histogram();
    private Histogram goodTimes = new Histogram();
    private long answered;
    private long errors;
    private int next;

    private OpenLoop(int port, String path, long lines, int connections, long seed) throws IOException {
        server = new InetSocketAddress("127.0.0.1", port);
        this.connections = connections;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < PREPARED; i++) {
            String head = "GET " + path.formatted(random.nextLong(lines) + 1) + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                    + "\r\n\r\n";
            byte[] bytes = head.getBytes(StandardCharsets.US_ASCII);
            requests[i] = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        }
    }

    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(args[0]);
        long lines = Long.parseLong(args[2]);
        double rate = Double.parseDouble(args[3]);
        OpenLoop loop = new OpenLoop(port, args[1], lines, Integer.parseInt(args[4]), Long.parseLong(args[7]));
        for (int i = 0; i < loop.connections; i++) {
            loop.new Connection();
        }
        loop.run(rate, Double.parseDouble(args[5]));
        loop.times = new Histogram();
        loop.goodTimes = new Histogram();
        loop.answered = 0;
        loop.errors = 0;
        double seconds = Double.parseDouble(args[6]);
        loop.run(rate, seconds);
        Histogram times = loop.times;
        System.out.printf(
                "LATENCY %.0f %.0f %d %.0f %.0f %.0f %.0f %.0f %.0f%n",
                rate,
                loop.answered / seconds,
                loop.errors,
                times.micros(0.5),
                times.micros(0.99),
                times.micros(0.999),
                times.micros(1),
                loop.goodTimes.total / seconds,
                loop.goodTimes.micros(0.99));
    }

    private void run(double rate, double seconds) throws IOException {
        long count = (long) (rate * seconds);
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9) + DRAIN_NANOS;
        long sent = 0;
        while (System.nanoTime() < end && (sent < count || idle.size() < connections)) {
            long due = Math.min(count, (long) ((System.nanoTime() - start) / 1e9 * rate) + 1);
            boolean busy = false;
            while (sent < due && !idle.isEmpty()) {
                idle.poll().send(start + (long) (sent++ / rate * 1e9));
                busy = true;
            }
            busy |= selector.selectNow(OpenLoop::onReady) > 0;
            if (!busy) {
                LockSupport.parkNanos(NAP_NANOS);
            }
        }
        countUnanswered(rate, start, sent, count);
    }

    private static void onReady(SelectionKey key) {
        try {
            ((Connection) key.attachment()).onReady();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Counts pending requests, and requests that were never sent, as errors with their latency so far. */
    private void countUnanswered(double rate, long start, long sent, long count) throws IOException {
        for (Connection connection : openConnections()) {
            if (connection.pending) {
                connection.fail();
            }
        }
        long now = System.nanoTime();
        for (long k = sent; k < count; k++) {
            errors++;
            times.add(now - (start + (long) (k / rate * 1e9)));
        }
    }

    private List<Connection> openConnections() {
        List<Connection> open = new ArrayList<>();
        for (SelectionKey key : selector.keys()) {
            open.add((Connection) key.attachment());
        }
        return open;
    }

    /** A connection with at most one pending request. */
    private final class Connection {
        private final ResponseParser response = new ResponseParser();
        private SocketChannel channel;
        private SelectionKey key;
        private ByteBuffer request;
        private boolean pending;
        private long dueAt;

        Connection() throws IOException {
            connect();
        }

        private void connect() throws IOException {
            channel = SocketChannel.open(server);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            key = channel.register(selector, SelectionKey.OP_READ, this);
            response.reset();
            pending = false;
            idle.add(this);
        }

        void send(long due) throws IOException {
            dueAt = due;
            pending = true;
            request = requests[next++ & (PREPARED - 1)].duplicate();
            write();
        }

        private void write() throws IOException {
            try {
                channel.write(request);
                key.interestOps(request.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
            } catch (IOException e) {
                fail();
            }
        }

        void onReady() throws IOException {
            if (key.isWritable()) {
                write();
                return;
            }
            in.clear();
            int length;
            try {
                length = channel.read(in);
            } catch (IOException e) {
                length = -1;
            }
            in.flip();
            if (length < 0) {
                fail();
            } else if (response.parse(in)) {
                finish();
            }
        }

        private void finish() {
            times.add(System.nanoTime() - dueAt);
            answered++;
            if (response.status() == 200) {
                goodTimes.add(System.nanoTime() - dueAt);
            } else {
                errors++;
            }
            pending = false;
            response.reset();
            idle.add(this);
        }

        /** Counts the pending request as an error, and opens a new connection. */
        private void fail() throws IOException {
            if (pending) {
                errors++;
                times.add(System.nanoTime() - dueAt);
            } else {
                idle.remove(this);
            }
            channel.close();
            connect();
        }
    }

    /** Parses one response incrementally. Counts the bytes of its body and discards them. */
    private static final class ResponseParser {
        private static final int UNKNOWN = -1;

        private final StringBuilder line = new StringBuilder();
        private int status;
        private boolean inHead;
        private boolean chunked;
        private boolean lastChunk;
        private long body;

        void reset() {
            line.setLength(0);
            status = UNKNOWN;
            inHead = true;
            chunked = false;
            lastChunk = false;
            body = 0;
        }

        int status() {
            return status;
        }

        /** Parses the bytes, and returns true if the response is complete. */
        boolean parse(ByteBuffer bytes) {
            while (bytes.hasRemaining()) {
                if (!inHead && body > 0) {
                    int skipped = (int) Math.min(body, bytes.remaining());
                    bytes.position(bytes.position() + skipped);
                    body -= skipped;
                    if (body == 0 && !chunked) {
                        return true;
                    }
                } else if (readLine(bytes) && parseLine()) {
                    return true;
                }
            }
            return false;
        }

        private boolean readLine(ByteBuffer bytes) {
            while (bytes.hasRemaining()) {
                byte next = bytes.get();
                if (next == '\n') {
                    return true;
                } else if (next != '\r') {
                    line.append((char) next);
                }
            }
            return false;
        }

        /** Parses a complete line of the head or of the chunked framing. Returns true if it completes the response. */
        private boolean parseLine() {
            boolean complete = inHead ? parseHeaderLine() : parseChunkLine();
            line.setLength(0);
            return complete;
        }

        private boolean parseHeaderLine() {
            if (line.isEmpty()) {
                inHead = false;
                return !chunked && body == 0;
            } else if (status == UNKNOWN) {
                status = Integer.parseInt(line, 9, 12, 10);
            } else if (nameIs("content-length:")) {
                body = Long.parseLong(value());
            } else if (nameIs("transfer-encoding:")) {
                chunked = value().equalsIgnoreCase("chunked");
            }
            return false;
        }

        private boolean parseChunkLine() {
            if (line.isEmpty()) {
                return lastChunk;
            }
            body = Long.parseLong(line.toString().split(";", 2)[0].strip(), 16);
            lastChunk = body == 0;
            return false;
        }

        private boolean nameIs(String name) {
            // Creates no strings: this program runs on the same cores as the server and must use little CPU time.
            if (line.length() <= name.length()) {
                return false;
            }
            for (int i = 0; i < name.length(); i++) {
                if (Character.toLowerCase(line.charAt(i)) != name.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        private String value() {
            return line.substring(line.indexOf(":") + 1).strip();
        }
    }

    /** Histogram of times in nanoseconds with a relative error of at most 1/128. */
    private static final class Histogram {
        private static final int FINE_BITS = 7;
        private static final int FINE = 1 << FINE_BITS;

        private final long[] counts = new long[(Long.SIZE - FINE_BITS) * FINE];
        private long total;

        void add(long nanos) {
            counts[bucket(Math.max(0, nanos))]++;
            total++;
        }

        private static int bucket(long nanos) {
            int shift = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(nanos) - FINE_BITS - 1);
            return shift * FINE + (int) (nanos >>> shift);
        }

        /** Returns the latency below which this share of the requests lies, in microseconds; 0 if there were no requests. */
        double micros(double share) {
            long rank = Math.max(1, (long) Math.ceil(share * total));
            long seen = 0;
            for (int i = 0; i < counts.length; i++) {
                seen += counts[i];
                if (seen >= rank) {
                    int shift = Math.max(0, i / FINE - 1);
                    return ((long) (i - shift * FINE) << shift) / 1e3;
                }
            }
            return 0;
        }
    }
}
