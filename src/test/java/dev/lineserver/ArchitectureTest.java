package dev.lineserver;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Dependencies point down only, frameworks stay at the edges, and classes are final. */
final class ArchitectureTest {
    static final JavaClasses PROGRAM = new ClassFileImporter()
            .importUrl(Main.class.getProtectionDomain().getCodeSource().getLocation());

    /** Every package can use a public type. Raise the bound only for a type that another package must name. */
    private static final int PUBLIC_TYPES = 104;

    @Test
    void dependenciesPointDown() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("main")
                .definedBy("dev.lineserver")
                .layer("cli")
                .definedBy("dev.lineserver.cli..")
                .layer("http")
                .definedBy("dev.lineserver.http..")
                .layer("mcp")
                .definedBy("dev.lineserver.mcp..")
                .layer("config")
                .definedBy("dev.lineserver.config..")
                .layer("serving")
                .definedBy("dev.lineserver.serving..")
                .layer("ingest")
                .definedBy("dev.lineserver.ingest..")
                .layer("embedded")
                .definedBy("dev.lineserver.store.embedded..")
                .layer("aerospike")
                .definedBy("dev.lineserver.store.aerospike..")
                .layer("store")
                .definedBy("dev.lineserver.store")
                .layer("line")
                .definedBy("dev.lineserver.line..")
                .whereLayer("main")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("cli")
                .mayOnlyBeAccessedByLayers("main")
                .whereLayer("http")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("mcp")
                .mayOnlyBeAccessedByLayers("cli", "http")
                .whereLayer("config")
                .mayOnlyBeAccessedByLayers("main", "cli", "http")
                .whereLayer("serving")
                .mayOnlyBeAccessedByLayers("cli", "http", "mcp")
                .whereLayer("ingest")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("embedded")
                .mayOnlyBeAccessedByLayers("config")
                .whereLayer("aerospike")
                .mayOnlyBeAccessedByLayers("config")
                .whereLayer("store")
                .mayOnlyBeAccessedByLayers("cli", "http", "mcp", "config", "serving", "ingest", "embedded", "aerospike")
                .check(PROGRAM);
    }

    /** Each package is a slice of its own, so that a cycle of a package and its subpackage is found, too. */
    @Test
    void noCycles() {
        slices().matching("dev.lineserver.(**)").should().beFreeOfCycles().check(PROGRAM);
    }

    /** A name that stands alone, as in a log or a stack trace, leads to one class. */
    @Test
    void noTwoClassesShareASimpleName() {
        Map<String, List<String>> classes = new TreeMap<>();
        for (JavaClass type : PROGRAM) {
            if (!type.getSimpleName().isEmpty() && !type.getSimpleName().equals("package-info")) {
                classes.computeIfAbsent(type.getSimpleName(), _ -> new ArrayList<>())
                        .add(type.getName());
            }
        }
        classes.values().removeIf(same -> same.size() == 1);
        assertEquals(Map.of(), classes);
    }

    @Test
    void theRootPackageHoldsOnlyMain() {
        Set<String> root = new TreeSet<>();
        for (JavaClass type : PROGRAM) {
            if (type.getPackageName().equals("dev.lineserver")
                    && !type.getSimpleName().equals("package-info")) {
                root.add(type.getName().replaceFirst("\\$.*", ""));
            }
        }
        assertEquals(Set.of("dev.lineserver.Main"), root);
    }

    @Test
    void frameworksStayAtTheEdges() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.lineserver", "dev.lineserver.http..", "dev.lineserver.cli..", "dev.lineserver.config..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.quarkus..", "io.smallrye..", "io.vertx..", "jakarta..", "picocli..", "org.jboss..")
                .check(PROGRAM);
    }

    /** The stores use the server's event loops: the Aerospike client runs on them, the embedded store as an executor. */
    @Test
    void nettyStaysAtTheEdgesAndInTheEventLoopsOfStores() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.lineserver.http..", "dev.lineserver.store.aerospike..", "dev.lineserver.config..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty.channel..", "io.netty.handler..", "io.netty.buffer..")
                .check(PROGRAM);
        noClasses()
                .that()
                .resideInAnyPackage("dev.lineserver.store.aerospike..", "dev.lineserver.config..")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("io\\.netty\\.(handler|buffer|channel\\.Channel).*")
                .check(PROGRAM);
    }

    @Test
    void theAerospikeClientStaysInItsStore() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.lineserver.store.aerospike..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.aerospike..")
                .check(PROGRAM);
    }

    @Test
    void jsonStaysInTheStoresAndAtTheEdges() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.lineserver.store..",
                        "dev.lineserver.http..",
                        "dev.lineserver.cli..",
                        "dev.lineserver.mcp..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.fasterxml..")
                .check(PROGRAM);
    }

    @Test
    void thePackageLineDoesNoInputOrOutput() {
        noClasses()
                .that()
                .resideInAPackage("dev.lineserver.line..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.io..", "java.nio.file..", "java.nio.channels..", "java.net..")
                .check(PROGRAM);
    }

    /** {@code Disk} is not final, because the crash model of the tests extends it. */
    @Test
    void classesAreFinal() {
        classes()
                .that()
                .areNotInterfaces()
                .and()
                .areNotAnonymousClasses()
                .and()
                .doNotHaveModifier(JavaModifier.ABSTRACT)
                .and()
                .areNotAnnotatedWith("jakarta.enterprise.context.ApplicationScoped")
                .and()
                .doNotHaveSimpleName("Disk")
                .and()
                // They are sealed.
                .doNotHaveSimpleName("Source")
                .and()
                .doNotHaveSimpleName("LinesFile")
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(PROGRAM);
    }

    @Test
    void simpleNamesAreUniqueAndFewTypesArePublic() {
        List<JavaClass> types = PROGRAM.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .toList();
        Set<String> names = new TreeSet<>();
        assertEquals(
                List.of(),
                types.stream()
                        .map(JavaClass::getSimpleName)
                        .filter(name -> !names.add(name))
                        .toList());
        long publicTypes = types.stream()
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .count();
        assertTrue(publicTypes <= PUBLIC_TYPES, publicTypes + " public types");
    }
}
