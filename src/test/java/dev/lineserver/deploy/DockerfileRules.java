package dev.lineserver.deploy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/** What an image of ours must be. Each rule answers with what is wrong. */
final class DockerfileRules {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A tag that names a version, or a digest. */
    private static final Pattern PINNED = Pattern.compile("[^:@]+(:[^:@]*\\d[^:@]*(@sha256:\\w{64})?|@sha256:\\w{64})");

    private static final Pattern USER = Pattern.compile("[1-9]\\d*:[1-9]\\d*");
    private static final Set<String> LABELS = Set.of("title", "description", "licenses", "version", "revision");

    private DockerfileRules() {}

    static List<String> violations(Dockerfile file) {
        List<String> found = new ArrayList<>();
        bases(file, found);
        copies(file, found);
        shell(file, found);
        process(file, found);
        facts(file, found);
        return found;
    }

    private static void bases(Dockerfile file, List<String> found) {
        Set<String> stages = new HashSet<>();
        for (var from : file.all("FROM").toList()) {
            List<String> words = List.of(from.value().split("\\s+", -1));
            String image = words.getFirst();
            if (!stages.contains(image) && !PINNED.matcher(image).matches()) {
                found.add("base not pinned to a version: " + image);
            }
            if (words.size() == 3) {
                stages.add(words.getLast());
            }
        }
        if (file.all("FROM").count() < 2) {
            found.add("one stage: the build tools would be in the image");
        }
    }

    private static void copies(Dockerfile file, List<String> found) {
        file.all("ADD").forEach(i -> found.add("ADD unpacks and downloads, use COPY: " + i.value()));
        file.all("COPY")
                .filter(i -> i.value().matches("\\.\\s.*"))
                .forEach(i -> found.add("COPY of everything: " + i.value()));
    }

    private static void shell(Dockerfile file, List<String> found) {
        file.all("RUN").map(Dockerfile.Instruction::value).forEach(run -> {
            if (run.matches("(?s).*\\bsudo\\b.*")) {
                found.add("sudo in RUN");
            }
            if (run.matches("(?s).*(curl|wget)\\b.*\\|\\s*(ba)?sh\\b.*")) {
                found.add("a download is piped into a shell");
            }
            if (run.contains("apt-get install") && !run.contains("--no-install-recommends")) {
                found.add("apt-get install without --no-install-recommends");
            }
            if (run.contains("apt-get update") && !run.contains("rm -rf /var/lib/apt/lists")) {
                found.add("apt lists are left in the image");
            }
            if (run.contains("dnf install") && !run.contains("dnf clean all")) {
                found.add("dnf cache is left in the image");
            }
        });
    }

    private static void process(Dockerfile file, List<String> found) {
        List<String> users = file.last("USER");
        if (users.isEmpty() || !USER.matcher(users.getLast()).matches()) {
            found.add("USER must be numeric and not root: " + users);
        }
        for (String name : List.of("ENTRYPOINT", "CMD")) {
            List<String> values = file.last(name);
            if (values.size() != 1 || !isExecForm(values.getFirst())) {
                found.add(name + " must be there once, in exec form, or signals end in a shell: " + values);
            }
        }
        List<String> health = file.last("HEALTHCHECK");
        if (health.size() != 1
                || !health.getFirst().contains("--timeout=")
                || !isExecForm(health.getFirst().replaceFirst("^.*?CMD ", ""))) {
            found.add("HEALTHCHECK with a timeout, in exec form, is missing: " + health);
        }
    }

    private static void facts(Dockerfile file, List<String> found) {
        String labels = String.join(" ", file.last("LABEL"));
        LABELS.stream()
                .filter(label -> !labels.contains("org.opencontainers.image." + label + "="))
                .forEach(label -> found.add("label missing: " + label));
        if (!file.last("EXPOSE").equals(List.of(Integer.toString(Program.PORT)))) {
            found.add("EXPOSE must be the program's port: " + file.last("EXPOSE"));
        }
        if (!file.last("VOLUME").equals(List.of(Program.DATA_DIR))) {
            found.add("VOLUME must be the data directory: " + file.last("VOLUME"));
        }
        String environment = String.join(" ", file.last("ENV"));
        if (environment.matches("(?i).*(password|secret|token)\\S*=.*")) {
            found.add("a secret in ENV");
        }
        if (!environment.contains("LINE_SERVER_HOST=0.0.0.0")) {
            found.add("listens on loopback, where nobody reaches it");
        }
    }

    private static boolean isExecForm(String value) {
        try {
            return JSON.readValue(value, String[].class).length > 0;
        } catch (JsonProcessingException notJson) {
            return false;
        }
    }
}
