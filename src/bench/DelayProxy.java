import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Forwards connections to another port of this machine, and delays the bytes of each direction: {@code DelayProxy PORT
 * TARGET_PORT FILE}. FILE holds the delay of a direction in milliseconds; the proxy reads it several times per second. An
 * answer comes later by twice this time, however many bytes are on the way: the delay does not limit the throughput. The
 * order of the bytes is kept if the delay becomes shorter.
 */
final class DelayProxy {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int BACKLOG = 1_024;
    private static final long READ_INTERVAL_MILLIS = 50;

    private static volatile long delayNanos;

    private DelayProxy() {}

    /** @param bytes empty at the end of the stream */
    private record Piece(byte[] bytes, long dueNanos) {}

    public static void main(String[] args) throws Exception {
        int target = Integer.parseInt(args[1]);
        Path file = Path.of(args[2]);
        readDelay(file);
        Thread _ = Thread.ofPlatform().daemon().start(() -> watch(file));
        try (ServerSocket server =
                new ServerSocket(Integer.parseInt(args[0]), BACKLOG, InetAddress.getLoopbackAddress())) {
            while (true) {
                Socket client = server.accept();
                Thread _ = Thread.ofVirtual().start(() -> connect(client, target));
            }
        }
    }

    private static void readDelay(Path file) throws IOException {
        String text = Files.readString(file).strip();
        // Empty for a moment while another process writes it.
        if (!text.isEmpty()) {
            delayNanos = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(text));
        }
    }

    private static void watch(Path file) {
        try {
            while (true) {
                Thread.sleep(READ_INTERVAL_MILLIS);
                readDelay(file);
            }
        } catch (IOException | InterruptedException | NumberFormatException e) {
            System.err.println("the delay stays at " + delayNanos / 1_000_000 + " ms: " + e);
        }
    }

    private static void connect(Socket client, int target) {
        try {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            forward(client, server);
            forward(server, client);
        } catch (IOException _) {
            close(client);
        }
    }

    /** Starts a thread that reads, and one that writes when the bytes are due. Both close the sockets after a failure. */
    private static void forward(Socket from, Socket to) {
        BlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
        Thread _ = Thread.ofVirtual().start(() -> {
            try {
                InputStream in = from.getInputStream();
                byte[] buffer = new byte[BUFFER_BYTES];
                for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                    if (length > 0) {
                        pieces.add(new Piece(Arrays.copyOf(buffer, length), System.nanoTime() + delayNanos));
                    }
                }
            } catch (IOException _) {
                close(from);
            }
            pieces.add(new Piece(new byte[0], System.nanoTime() + delayNanos));
        });
        Thread _ = Thread.ofVirtual().start(() -> {
            try {
                OutputStream out = to.getOutputStream();
                for (Piece piece = pieces.take(); piece.bytes.length > 0; piece = pieces.take()) {
                    TimeUnit.NANOSECONDS.sleep(piece.dueNanos - System.nanoTime());
                    out.write(piece.bytes);
                }
                to.shutdownOutput();
            } catch (IOException _) {
                close(to);
                close(from);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // The operating system closes it at the latest when this process ends.
        }
    }
}
