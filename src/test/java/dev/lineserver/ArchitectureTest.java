package dev.lineserver;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

/** Dependencies point down only, and frameworks stay at the edges. */
final class ArchitectureTest {
    private static final JavaClasses PROGRAM = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.lineserver");

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
                .layer("config")
                .definedBy("dev.lineserver.config..")
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
                .whereLayer("embedded")
                .mayOnlyBeAccessedByLayers("config")
                .whereLayer("aerospike")
                .mayOnlyBeAccessedByLayers("config")
                .whereLayer("config")
                .mayOnlyBeAccessedByLayers("cli", "http")
                .whereLayer("cli")
                .mayOnlyBeAccessedByLayers("main")
                .whereLayer("http")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("ingest")
                .mayOnlyBeAccessedByLayers("cli", "http")
                .whereLayer("store")
                .mayOnlyBeAccessedByLayers("cli", "http", "config", "ingest", "embedded", "aerospike")
                .withOptionalLayers(true)
                .check(PROGRAM);
    }

    @Test
    void frameworksStayAtTheEdges() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.lineserver.line..", "dev.lineserver.store..", "dev.lineserver.ingest..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.quarkus..", "io.smallrye..", "io.vertx..", "jakarta..", "picocli..", "org.jboss..")
                .check(PROGRAM);
    }

    @Test
    void theClientOfADatabaseStaysInItsStore() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.lineserver.store.aerospike..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.aerospike..")
                .check(PROGRAM);
    }

    @Test
    void whatALineIsDoesNoInputOrOutput() {
        noClasses()
                .that()
                .resideInAPackage("dev.lineserver.line..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.io..", "java.nio.file..", "java.nio.channels..", "java.net..")
                .check(PROGRAM);
    }

    @Test
    void classesAreClosed() {
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
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(PROGRAM);
    }
}
