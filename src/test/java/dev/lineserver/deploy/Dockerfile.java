package dev.lineserver.deploy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A Dockerfile as its instructions, with the values of build arguments put in. */
record Dockerfile(List<Instruction> instructions) {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)}");

    /** One instruction. {@code stage} counts from 0; what stands before the first FROM has -1. */
    record Instruction(int stage, String name, String value) {
        boolean is(String other) {
            return name.equals(other);
        }
    }

    static Dockerfile parse(String text) {
        List<Instruction> instructions = new ArrayList<>();
        Map<String, String> arguments = new HashMap<>();
        int stage = -1;
        for (String line : logicalLines(text)) {
            int blank = line.indexOf(' ');
            String name = line.substring(0, blank).toUpperCase(Locale.ROOT);
            String value = line.substring(blank + 1).strip();
            if (name.equals("ARG") && value.contains("=")) {
                arguments.put(value.substring(0, value.indexOf('=')), value.substring(value.indexOf('=') + 1));
            }
            if (name.equals("FROM")) {
                stage++;
                value = VARIABLE.matcher(value)
                        .replaceAll(m -> Matcher.quoteReplacement(arguments.getOrDefault(m.group(1), m.group())));
            }
            instructions.add(new Instruction(stage, name, value));
        }
        return new Dockerfile(List.copyOf(instructions));
    }

    /** Comments go, lines that end with a backslash go on. */
    private static List<String> logicalLines(String text) {
        List<String> lines = new ArrayList<>();
        var logical = new StringBuilder();
        for (String line : text.lines().map(String::strip).toList()) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            boolean goesOn = line.endsWith("\\");
            logical.append(goesOn ? line.substring(0, line.length() - 1) : line);
            if (!goesOn) {
                lines.add(logical.toString());
                logical.setLength(0);
            }
        }
        return lines;
    }

    /** Those named so in any stage. */
    Stream<Instruction> all(String name) {
        return instructions.stream().filter(i -> i.is(name));
    }

    /** Those named so in the stage that becomes the image. */
    List<String> last(String name) {
        int stage = instructions.isEmpty() ? -1 : instructions.getLast().stage();
        return all(name).filter(i -> i.stage() == stage).map(Instruction::value).toList();
    }
}
