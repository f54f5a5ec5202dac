import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Many clients that keep their connections and do little else: {@code Siege ATTACK PORT CLIENTS SECONDS PATH}. Attacks:
 *
 * <ul>
 *   <li>{@code idle}: requests PATH once, and nothing more.
 *   <li>{@code heads}: sends a byte of a head each second.
 *   <li>{@code readers}: requests PATH, and reads 1 KiB of the answer.
 * </ul>
 *
 * Prints {@code CLIENTS connected answered closed longest}: the clients that connected, those that received a byte, those
 * that the server closed, and the longest life of a closed connection in milliseconds. Prints {@code READY} once all have
 * connected. Ends after SECONDS, and with it all connections.
 */
final class Siege {
    private static final int READ_BYTES = 1 << 10;
    private static final int CONNECT_MILLIS = 500;
    private static final long MILLIS = 1_000_000;

    private final String attack;
    private final byte[] request;
    private final Selector selector = Selector.open();
    private final ByteBuffer room = ByteBuffer.allocate(READ_BYTES);
    private final List<Client> clients = new ArrayList<>();
    private int connected;
    private int answered;
    private int closed;
    private long longest;

    private Siege(String attack, String path) throws IOException {
        this.attack = attack;
        request = ("GET " + path + " HTTP/1.1\r\nHost: l\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static final class Client {
        private final SocketChannel channel;
        private final long start = System.nanoTime();
        private int sent;
        private int received;

        Client(SocketChannel channel) {
            this.channel = channel;
        }
    }

    public static void main(String[] args) throws Exception {
        Siege siege = new Siege(args[0], args[4]);
        int port = Integer.parseInt(args[1]);
        long end = System.nanoTime() + Long.parseLong(args[3]) * 1_000 * MILLIS;
        siege.connect(port, Integer.parseInt(args[2]), end);
        System.out.println("READY");
        siege.run(end);
        System.out.printf("CLIENTS %d %d %d %d%n", siege.connected, siege.answered, siege.closed, siege.longest / MILLIS);
        System.exit(0);
    }

    private void connect(int port, int count, long end) throws IOException {
        for (int i = 0; i < count && System.nanoTime() < end; i++) {
            SocketChannel channel = SocketChannel.open();
            if (attack.equals("readers")) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, 1 << 16);
            }
            try {
                channel.socket().connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
            } catch (IOException e) {
                // The queue of the operating system is full.
                channel.close();
                continue;
            }
            channel.configureBlocking(false);
            Client client = new Client(channel);
            channel.register(selector, SelectionKey.OP_READ, client);
            clients.add(client);
            connected++;
            if (!attack.equals("heads")) {
                channel.write(ByteBuffer.wrap(request));
            }
            selector.selectNow(this::read);
        }
    }

    private void run(long end) throws IOException {
        long tick = System.nanoTime();
        for (long now = tick; now < end; now = System.nanoTime()) {
            if (now - tick >= 0) {
                tick += 1_000 * MILLIS;
                if (attack.equals("heads")) {
                    for (Client client : clients) {
                        sendByte(client);
                    }
                }
            }
            selector.select(this::read, Math.max(1, (tick - now) / MILLIS));
        }
    }

    /** The head never ends: after its beginning, the byte is that of a header. */
    private void sendByte(Client client) {
        if (client.channel.isOpen()) {
            try {
                byte next = client.sent < request.length - 4 ? request[client.sent] : (byte) 'x';
                client.sent += client.channel.write(ByteBuffer.wrap(new byte[] {next}));
            } catch (IOException e) {
                close(client);
            }
        }
    }

    private void read(SelectionKey key) {
        Client client = (Client) key.attachment();
        try {
            int count = client.channel.read(room.clear());
            if (count < 0) {
                close(client);
                return;
            }
            answered += client.received == 0 ? 1 : 0;
            client.received += count;
            if (attack.equals("readers") && client.received >= READ_BYTES) {
                key.interestOps(0);
            }
        } catch (IOException e) {
            close(client);
        }
    }

    private void close(Client client) {
        try {
            client.channel.close();
        } catch (IOException e) {
            // It is of no more use.
        }
        closed++;
        longest = Math.max(longest, System.nanoTime() - client.start);
    }
}
