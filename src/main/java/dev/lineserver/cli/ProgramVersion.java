package dev.lineserver.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class ProgramVersion implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
        Properties build = new Properties();
        try (InputStream properties = ProgramVersion.class.getResourceAsStream("/line-server-build.properties")) {
            build.load(properties);
        }
        return new String[] {
            "line-server " + build.getProperty("version"), "Java " + System.getProperty("java.vm.version")
        };
    }
}
