package dev.lineserver.store.aerospike;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ServerSocketFactory;

import com.aerospike.client.ResultCode;

/**
 * A node that implements as much of the wire protocol as the store needs, over TCP, for the real client. Tests inject
 * faults through {@link #faults}; without faults it passes the same contract tests as a real server. It is either the
 * only node of its cluster, with all partitions, or shares its records with the other nodes, as if they were
 * replicated.
 *
 * <p>A frame has a header of eight bytes and a body. The first byte is the protocol version, the second the type, and
 * the other six are the length of the body.
 */
public final class FakeAerospikeNode implements AutoCloseable {
    private static final int PROTOCOL_VERSION = 2;
    private static final int TYPE_INFO = 1;
    private static final int TYPE_ADMIN = 2;
    private static final int TYPE_MESSAGE = 3;
    private static final long LENGTH_MASK = (1L << 48) - 1;

    final FakeFaults faults = new FakeFaults();
    final Batches batches = new Batches();
    final FakeRecords records;
    final FakeInfo info;

    private final ServerSocket server;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean down;
    /** The result of every login. */
    volatile int loginResult = ResultCode.INVALID_CREDENTIAL;

    public FakeAerospikeNode() throws IOException {
        this(ServerSocketFactory.getDefault());
    }

    /** Starts the nodes of one cluster. Each has its share of the partitions, in two replicas. */
    static List<FakeAerospikeNode> cluster(int size) throws IOException {
        FakeRecords records = new FakeRecords();
        List<FakeAerospikeNode> nodes = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            nodes.add(new FakeAerospikeNode(ServerSocketFactory.getDefault(), records, i));
        }
        nodes.forEach(node ->
                node.info.join(nodes.stream().map(FakeAerospikeNode::address).toList()));
        return nodes;
    }

    /** @param sockets plain or encrypted */
    FakeAerospikeNode(ServerSocketFactory sockets) throws IOException {
        this(sockets, new FakeRecords(), 0);
    }

    private FakeAerospikeNode(ServerSocketFactory sockets, FakeRecords records, int nodeIndex) throws IOException {
        this.records = records;
        info = new FakeInfo(records, faults, nodeIndex);
        server = sockets.createServerSocket(0, 128, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("fake-node").start(this::accept);
    }

    AerospikeSettings.SeedNode host() {
        return new AerospikeSettings.SeedNode("127.0.0.1", server.getLocalPort(), null);
    }

    /** Returns {@code HOST:PORT}, as an argument of {@code --aerospike}. */
    public String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** Returns the number of lines and parts in set {@code _a}, which the first build of an empty store uses. */
    public long recordsOfTheFirstSet() {
        return records.count("_a");
    }

    /** Returns the number of records written so far, also those that were written again or deleted since. */
    public long writeCount() {
        return records.writeCount();
    }

    /** Loses the records of all lines with these bytes. */
    public void loseLine(String line) {
        if (records.removeValue("_a", line.getBytes(StandardCharsets.UTF_8)) == 0) {
            throw new IllegalStateException("there is no line '" + line + "'");
        }
    }

    /** Refuses the next {@code count} writes of lines as an overloaded device does. */
    public void overload(int count) {
        faults.refuseLines(count, ResultCode.DEVICE_OVERLOAD);
    }

    /** Makes reads of several lines wait from now on. */
    public void pauseBatchReads() {
        faults.pauseBatchReads();
    }

    /** Returns the number of reads that wait. */
    public int pausedBatchReads() {
        return faults.pausedBatchReads();
    }

    /** Executes the reads that wait, and later ones at once. */
    public void resumeBatchReads() {
        faults.resumeBatchReads();
    }

    /** Cuts all connections, and closes new ones at once, until {@link #comeBack}. */
    public void goDown() throws IOException {
        down = true;
        cutConnections();
    }

    public void comeBack() {
        down = false;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                if (down) {
                    socket.close();
                    continue;
                }
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                Thread.ofVirtual().name("fake-node-connection").start(() -> serve(socket));
            } catch (IOException _) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 64 << 10));
            OutputStream out = socket.getOutputStream();
            while (true) {
                long frame = in.readLong();
                byte[] body = new byte[Math.toIntExact(frame & LENGTH_MASK)];
                in.readFully(body);
                if (!answer((int) (frame >>> 48) & 0xFF, body, out)) {
                    return;
                }
            }
        } catch (IOException _) {
            // The client has closed the connection; there is nothing to do.
        } finally {
            sockets.remove(socket);
        }
    }

    /** Returns true if the connection stays open. */
    private boolean answer(int type, byte[] body, OutputStream out) throws IOException {
        byte[] reply;
        boolean dropped = false;
        if (type == TYPE_INFO && info.silent) {
            return true;
        } else if (type == TYPE_INFO) {
            reply = info.answer(body);
        } else if (type == TYPE_ADMIN) {
            byte[] refusal = new byte[16];
            refusal[1] = (byte) loginResult;
            out.write(frame(TYPE_ADMIN, refusal));
            return true;
        } else {
            WireMessage message = WireMessage.parse(body);
            if (faults.consumeLoss(message)) {
                return true;
            }
            Batches.Execution execution = batches.begin(message);
            faults.delay(message);
            reply = FakeCommands.execute(message, records, faults);
            batches.end(execution);
            dropped = faults.consumeDrop(message);
            if (dropped || faults.consumeSilence(message)) {
                reply = dropped ? frame(type, reply) : new byte[0];
                out.write(reply, 0, reply.length / 2);
                out.flush();
                return !dropped;
            }
        }
        out.write(frame(type == TYPE_INFO ? TYPE_INFO : TYPE_MESSAGE, reply));
        out.flush();
        return true;
    }

    /** Cuts all connections. Commands in flight are executed, and not answered. */
    void cutConnections() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private static byte[] frame(int type, byte[] body) {
        long head = ((long) PROTOCOL_VERSION << 56) | ((long) type << 48) | body.length;
        return ByteBuffer.allocate(Long.BYTES + body.length)
                .putLong(head)
                .put(body)
                .array();
    }

    @Override
    public void close() throws IOException {
        server.close();
        cutConnections();
    }
}
