package dev.lineserver.deploy;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** The classes of a release do not depend on the order in which the threads of its build ran. */
final class NumberKeysTest {
    @TempDir
    Path directory;

    private static void method(ClassBuilder to, String name, ClassDesc type, Consumer<CodeBuilder> body) {
        to.withMethodBody(name, MethodTypeDesc.of(type), ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC, body);
    }

    /** Returns a class with a value before and after the keys that takes two places in the constant pool. */
    private static byte[] generate(String name, String first, String second) {
        return ClassFile.of().build(ClassDesc.of(name), type -> {
            type.withFlags(ClassFile.ACC_PUBLIC);
            method(
                    type,
                    "before",
                    ConstantDescs.CD_long,
                    code -> code.loadConstant(1L << 40).lreturn());
            method(
                    type,
                    "first",
                    ConstantDescs.CD_String,
                    code -> code.loadConstant(first).areturn());
            method(
                    type,
                    "second",
                    ConstantDescs.CD_String,
                    code -> code.loadConstant(second).areturn());
            method(
                    type,
                    "other",
                    ConstantDescs.CD_String,
                    code -> code.loadConstant("proxykey").areturn());
            method(
                    type,
                    "after",
                    ConstantDescs.CD_double,
                    code -> code.loadConstant(0.1).dreturn());
        });
    }

    /** Writes a jar in which class B reads what class A stored under the first key. */
    private Path jar(String name, int first, int second, int third) throws Exception {
        Path jar = directory.resolve(name);
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            write(out, "A.class", generate("A", "proxykey" + first, "proxykey" + second));
            write(out, "B.class", generate("B", "proxykey" + third, "proxykey" + first));
            write(out, "text", "proxykey1".getBytes(StandardCharsets.UTF_8));
        }
        return jar;
    }

    private static void write(ZipOutputStream out, String name, byte[] bytes) throws Exception {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(LocalDateTime.of(2026, 11, 28, 0, 0));
        out.putNextEntry(entry);
        out.write(bytes);
    }

    private static byte[] number(Path jar) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "src/main/scripts/NumberKeys.java",
                        jar.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return Files.readAllBytes(jar);
    }

    @Test
    void keysAreNumberedByTheirOrderInTheJar() throws Exception {
        Path one = jar("one.jar", 7, 12_345, 1);
        assertArrayEquals(number(one), number(jar("two.jar", 90, 2, 2_147_483_647)));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {one.toUri().toURL()})) {
            assertEquals("proxykey1 proxykey2 proxykey " + (1L << 40) + " 0.1", values(loader, "A"));
            assertEquals("proxykey3 proxykey1 proxykey " + (1L << 40) + " 0.1", values(loader, "B"));
            assertArrayEquals(
                    "proxykey1".getBytes(StandardCharsets.UTF_8),
                    loader.getResourceAsStream("text").readAllBytes());
        }
    }

    private static String values(ClassLoader loader, String name) throws Exception {
        StringBuilder values = new StringBuilder();
        for (String method : new String[] {"first", "second", "other", "before", "after"}) {
            values.append(' ').append(loader.loadClass(name).getMethod(method).invoke(null));
        }
        return values.substring(1);
    }
}
