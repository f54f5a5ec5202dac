package dev.lineserver.http.access;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.DatasetName;

/**
 * The clients that may read, and what: the content of a file of keys. Immutable. The file has one line for each key or
 * certificate, with three columns that blanks separate:
 *
 * <pre>
 * # client   key or certificate                grants
 * web        sha256:9f86d081884c7d659a2f…      logs,texts
 * batch      cert:batch.example.org            *
 * </pre>
 *
 * <p>{@code sha256:} is followed by the hash of an {@link ApiKey} in hexadecimal digits, {@code cert:} by a name in a client
 * certificate. Grants are names of datasets, which need not exist, or {@code *} for all. Several lines may have the same
 * client, so that a key can be replaced while both are valid. Blank lines, and those that begin with {@code #}, are skipped.
 */
public final class AccessList {
    static final String HASH = "sha256:";

    private static final Pattern CLIENT = Pattern.compile("[A-Za-z0-9._@-]{1,64}");
    private static final Pattern LINE = Pattern.compile(
            "(?<client>\\S+)\\s+(?:sha256:(?<hash>[0-9a-fA-F]{64})|cert:(?<certificate>[!-~]{1,255}))\\s+(?<grants>\\S+)");

    /** A key is found by its hash, and then compared. */
    private record KnownKey(byte[] hash, Client client) {}

    private final Map<ByteBuffer, KnownKey> keys = new HashMap<>();
    private final Map<String, Client> certificates = new HashMap<>();

    private AccessList() {}

    /**
     * Parses the content of a file.
     *
     * @throws IllegalArgumentException if a line is invalid; the message has its number, and nothing of its content, which
     *     may be a secret
     */
    static AccessList parse(String content) {
        AccessList list = new AccessList();
        int number = 0;
        for (String line : content.split("\\R", -1)) {
            number++;
            String stripped = line.strip();
            if (!stripped.isEmpty() && !stripped.startsWith("#")) {
                try {
                    list.add(stripped);
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
                }
            }
        }
        return list;
    }

    private void add(String line) {
        Matcher columns = LINE.matcher(line);
        if (!columns.matches()) {
            throw new IllegalArgumentException("it is not CLIENT sha256:HASH GRANTS or CLIENT cert:NAME GRANTS;"
                    + " line-server key CLIENT prints such a line");
        }
        check(columns.group("client"), columns.group("grants"));
        Client client = new Client(columns.group("client"), datasets(columns.group("grants")));
        String certificate = columns.group("certificate");
        boolean added;
        if (certificate != null) {
            added = certificates.putIfAbsent(certificate, client) == null;
        } else {
            byte[] hash = HexFormat.of().parseHex(columns.group("hash"));
            added = keys.putIfAbsent(ByteBuffer.wrap(hash), new KnownKey(hash, client)) == null;
        }
        if (!added) {
            throw new IllegalArgumentException("an earlier line has this key or certificate");
        }
    }

    /** @throws IllegalArgumentException if one of them is invalid */
    static void check(String client, String grants) {
        if (!CLIENT.matcher(client).matches()) {
            throw new IllegalArgumentException(
                    "the name of the client is not 1 to 64 characters from A-Z, a-z, 0-9, '.', '_', '@' and '-'");
        }
        Set<String> datasets = datasets(grants);
        if (datasets != null && !datasets.stream().allMatch(DatasetName::isValid)) {
            throw new IllegalArgumentException(
                    "the grants are neither * nor names of datasets with commas between them");
        }
        // Probably one of them was meant to be another name.
        if (datasets != null && datasets.size() < grants.split(",", -1).length) {
            throw new IllegalArgumentException("the grants name a dataset twice");
        }
    }

    private static @Nullable Set<String> datasets(String grants) {
        return grants.equals("*") ? null : Set.copyOf(Arrays.asList(grants.split(",", -1)));
    }

    /** Returns the number of keys and certificates. */
    int size() {
        return keys.size() + certificates.size();
    }

    /**
     * Returns the client that has a key; null if nobody has it. The time depends on the hash only, which tells nothing about
     * other keys.
     */
    public @Nullable Client findByKey(String text) {
        ApiKey key = ApiKey.parse(text);
        if (key == null) {
            return null;
        }
        byte[] hash = key.hash();
        KnownKey entry = keys.get(ByteBuffer.wrap(hash));
        return entry != null && MessageDigest.isEqual(entry.hash, hash) ? entry.client : null;
    }

    /** Returns the client whose certificate has one of these names; null if there is none. */
    public @Nullable Client findByCertificate(Collection<String> names) {
        for (String name : names) {
            Client client = certificates.get(name);
            if (client != null) {
                return client;
            }
        }
        return null;
    }
}
