package dev.lineserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The diagram of the packages in {@code src/docs/architecture.md} is that of the code. */
final class PackageDiagramTest {
    private static final String ROOT = "dev.lineserver";
    private static final Pattern DIAGRAM = Pattern.compile("(?s)flowchart TD\n(.*?)```");
    /** The name of a package in place of its last part, such as {@code access["http.access"]}. */
    private static final Pattern LABEL = Pattern.compile("(\\w+)\\[\"([\\w.]+)\"]");

    /** @param to differs from {@code from}; both are relative to the root, which is {@code Main} */
    private record Arrow(String from, String to) {
        @Override
        public String toString() {
            return from + " --> " + to;
        }
    }

    private static Set<Arrow> diagram() throws IOException {
        MatchResult found = DIAGRAM.matcher(Files.readString(Path.of("src/docs/architecture.md")))
                .results()
                .findFirst()
                .orElseThrow();
        Map<String, String> names = new HashMap<>();
        LABEL.matcher(found.group(1)).results().forEach(label -> names.put(label.group(1), label.group(2)));
        Set<Arrow> arrows = new TreeSet<>(Comparator.comparing(Arrow::toString));
        for (String line : found.group(1).lines().toList()) {
            List<List<String>> ends = Pattern.compile(" --> ")
                    .splitAsStream(LABEL.matcher(line.strip()).replaceAll("$1"))
                    .map(end -> List.of(end.split(" & ", -1)))
                    .toList();
            assertEquals(2, ends.size(), line);
            for (String from : ends.getFirst()) {
                ends.getLast()
                        .forEach(to ->
                                arrows.add(new Arrow(names.getOrDefault(from, from), names.getOrDefault(to, to))));
            }
        }
        return arrows;
    }

    private static Set<Arrow> dependencies() {
        return ArchitectureTest.PROGRAM.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(dependency -> target(dependency).getPackageName().startsWith(ROOT))
                .map(dependency -> new Arrow(name(dependency.getOriginClass()), name(target(dependency))))
                .filter(arrow -> !arrow.from().equals(arrow.to()))
                .collect(Collectors.toSet());
    }

    private static JavaClass target(Dependency dependency) {
        return dependency.getTargetClass().getBaseComponentType();
    }

    private static String name(JavaClass type) {
        return type.getPackageName().equals(ROOT)
                ? "Main"
                : type.getPackageName().substring(ROOT.length() + 1);
    }

    /** Returns true if arrows lead from one package to the other, directly or over others. */
    private static boolean leads(Set<Arrow> arrows, Arrow path) {
        Deque<String> next = new ArrayDeque<>(List.of(path.from()));
        Set<String> reached = new TreeSet<>();
        while (!next.isEmpty()) {
            String from = next.remove();
            arrows.stream()
                    .filter(arrow -> arrow.from().equals(from) && reached.add(arrow.to()))
                    .forEach(arrow -> next.add(arrow.to()));
        }
        return reached.contains(path.to());
    }

    @Test
    void everyDependencyFollowsArrowsAndEveryArrowIsADependency() throws IOException {
        Set<Arrow> arrows = diagram();
        Set<Arrow> dependencies = dependencies();
        assertEquals(
                List.of(),
                dependencies.stream().filter(used -> !leads(arrows, used)).toList(),
                "without an arrow");
        assertEquals(
                List.of(),
                arrows.stream().filter(arrow -> !dependencies.contains(arrow)).toList(),
                "without a dependency");
    }
}
