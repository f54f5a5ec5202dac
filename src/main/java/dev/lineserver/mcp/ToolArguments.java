package dev.lineserver.mcp;

import java.util.OptionalLong;
import java.util.Set;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** The arguments of a tool. An argument that is null counts as absent. */
final class ToolArguments {
    /** Smallest limit of an answer in bytes: a cut line has room in it. */
    private static final int MIN_BYTES = 1 << 10;

    private static final int DEFAULT_BYTES = 64 << 10;

    private final JsonNode arguments;

    /**
     * @param arguments an object
     * @param known the names that the tool knows
     * @throws ToolFailure if there is another argument
     */
    ToolArguments(JsonNode arguments, Set<String> known) throws ToolFailure {
        this.arguments = arguments;
        for (String name : (Iterable<String>) arguments::fieldNames) {
            if (!known.contains(name)) {
                throw new ToolFailure("there is no argument '" + name + "'; the arguments are "
                        + String.join(", ", known.stream().sorted().toList()));
            }
        }
    }

    @Nullable
    String text(String name) throws ToolFailure {
        JsonNode value = arguments.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw new ToolFailure("'" + name + "' must be a string");
        }
        return value.textValue();
    }

    OptionalLong number(String name) throws ToolFailure {
        JsonNode value = arguments.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return OptionalLong.empty();
        }
        try {
            if (value.isNumber()) {
                // To JSON Schema, 1e0 and 1.0 are integers.
                return OptionalLong.of(value.decimalValue().longValueExact());
            }
        } catch (ArithmeticException _) {
            // It has a fraction, or is too large.
        }
        throw new ToolFailure("'" + name + "' must be a whole number below 2^63");
    }

    /** Returns a number from 1 to a maximum. */
    long count(String name, long absent, long max) throws ToolFailure {
        long count = number(name).orElse(absent);
        if (count < 1 || count > max) {
            throw new ToolFailure("'" + name + "' must be from 1 to " + max + ", not " + count);
        }
        return count;
    }

    /** Returns the largest number of bytes of the lines in the answer, as JSON. */
    int maxBytes() throws ToolFailure {
        long bytes = number("max_bytes").orElse(DEFAULT_BYTES);
        if (bytes < MIN_BYTES || bytes > McpServer.MAX_LINE_BYTES) {
            throw new ToolFailure(
                    "'max_bytes' must be from " + MIN_BYTES + " to " + McpServer.MAX_LINE_BYTES + ", not " + bytes);
        }
        return (int) bytes;
    }
}
