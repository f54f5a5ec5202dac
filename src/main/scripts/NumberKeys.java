import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Makes the classes that Quarkus generates the same in each build: {@code NumberKeys generated-bytecode.jar}.
 *
 * <p>Code that runs at the start of the program passes values on under keys, {@code proxykey1} and so on. Quarkus 3.33 takes the
 * numbers from one counter for all build steps, which run in parallel. This numbers them by their order in the file.
 */
final class NumberKeys {
    private static final Pattern KEY = Pattern.compile("proxykey\\d+");
    private static final int MAGIC = 0xCAFEBABE;

    private final Map<String, String> keys = new HashMap<>();

    private NumberKeys() {}

    /** @param args the jar, which is replaced */
    public static void main(String[] args) throws IOException {
        Path jar = Path.of(args[0]);
        Path numbered = jar.resolveSibling(jar.getFileName() + ".new");
        NumberKeys numbers = new NumberKeys();
        try (ZipFile in = new ZipFile(jar.toFile());
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(numbered))) {
            for (ZipEntry entry : Collections.list(in.entries())) {
                byte[] bytes = in.getInputStream(entry).readAllBytes();
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTimeLocal(entry.getTimeLocal());
                out.putNextEntry(copy);
                out.write(entry.getName().endsWith(".class") ? numbers.replace(bytes) : bytes);
            }
        }
        Files.move(numbered, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Replaces the keys in the constant pool of a class (Java Virtual Machine Specification, section 4.4). */
    private byte[] replace(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        // A key of ten bytes may get longer by the digits of an int.
        ByteBuffer out = ByteBuffer.allocate(2 * bytes.length);
        if (in.getInt() != MAGIC) {
            throw new IllegalArgumentException("not a class");
        }
        in.getInt();
        int count = Short.toUnsignedInt(in.getShort());
        out.put(bytes, 0, in.position());
        for (int i = 1; i < count; i++) {
            int start = in.position();
            byte tag = in.get();
            if (tag == 1) {
                byte[] text = new byte[Short.toUnsignedInt(in.getShort())];
                in.get(text);
                byte[] numbered = number(text);
                out.put(tag).putShort((short) numbered.length).put(numbered);
                continue;
            }
            int size = switch (tag) {
                case 7, 8, 16, 19, 20 -> 2;
                case 15 -> 3;
                case 3, 4, 9, 10, 11, 12, 17, 18 -> 4;
                case 5, 6 -> 8;
                default -> throw new IllegalArgumentException("constant of unknown kind " + tag);
            };
            in.position(start + 1 + size);
            out.put(bytes, start, 1 + size);
            // A long or a double counts as two constants.
            i += size / 8;
        }
        out.put(in);
        byte[] replaced = new byte[out.position()];
        out.flip().get(replaced);
        return replaced;
    }

    private byte[] number(byte[] text) {
        String key = new String(text, StandardCharsets.ISO_8859_1);
        return KEY.matcher(key).matches()
                ? keys.computeIfAbsent(key, _ -> "proxykey" + (keys.size() + 1)).getBytes(StandardCharsets.ISO_8859_1)
                : text;
    }
}
