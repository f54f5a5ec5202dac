package dev.lineserver.store.aerospike;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text form of seed nodes. */
final class SeedHosts {
    private static final Pattern FORM =
            Pattern.compile("(?<host>\\[[0-9A-Fa-f:.]+]|[^:\\[\\]\\s]+)(:(?<tls>[^:\\s]+))??(:(?<port>[0-9]{1,5}))?");

    private SeedHosts() {}

    static AerospikeSettings.Node parse(String text) {
        Matcher parts = FORM.matcher(text.strip());
        if (!parts.matches()) {
            throw notAHost(text);
        }
        String host = parts.group("host").replaceAll("[\\[\\]]", "");
        String port = parts.group("port");
        int number = port == null ? AerospikeSettings.DEFAULT_PORT : Integer.parseInt(port);
        if (number < 1 || number > 65_535) {
            throw notAHost(text);
        }
        return new AerospikeSettings.Node(host, number, parts.group("tls"));
    }

    private static IllegalArgumentException notAHost(String text) {
        return new IllegalArgumentException(
                "'" + text + "' is not an Aerospike host: HOST, HOST:PORT or HOST:TLS-NAME:PORT is");
    }
}
