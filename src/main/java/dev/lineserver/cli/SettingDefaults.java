package dev.lineserver.cli;

import java.util.Locale;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Finds an option that was not given in the property or environment variable of the same name: {@code --data-dir} in
 * {@code line-server.data-dir} or {@code LINE_SERVER_DATA_DIR}.
 */
final class SettingDefaults implements IDefaultValueProvider {
    private static final String PREFIX = "line-server.";

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return argument.defaultValue();
        }
        String property = property(option);
        String value = System.getProperty(property);
        if (value == null) {
            value = System.getenv(environmentVariable(property));
        }
        return value == null || value.isEmpty() ? option.defaultValue() : value;
    }

    static String property(OptionSpec option) {
        String key = option.descriptionKey();
        return PREFIX + (key == null || key.isEmpty() ? option.longestName().substring("--".length()) : key);
    }

    private static String environmentVariable(String property) {
        return property.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
