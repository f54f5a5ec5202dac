package dev.lineserver.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.smallrye.config.SmallRyeConfig;
import org.jspecify.annotations.Nullable;

/**
 * The certificates and keys that the settings of Quarkus name, {@code quarkus.tls.…} and the older
 * {@code quarkus.http.ssl.certificate.…}. Quarkus reads them itself, but takes a mistake for a fault of the program.
 */
public final class TlsFiles {
    private static final String OLD = "quarkus.http.ssl.certificate.";
    /** Begins a setting of the unnamed configuration, or of a named one. */
    private static final String CONFIGURATION = "quarkus\\.tls\\.(?:(?<configuration>.+)\\.)?";

    private static final Pattern KEY_STORE = Pattern.compile(
            CONFIGURATION + "key-store\\..*|quarkus\\.http\\.ssl\\.certificate\\.(?:files|key-store-file)");
    private static final Pattern TRUST_STORE =
            Pattern.compile(CONFIGURATION + "trust-store\\..*|quarkus\\.http\\.ssl\\.certificate\\.trust-store-.*");
    private static final Pattern PAIR =
            Pattern.compile("(?<pair>" + CONFIGURATION + "key-store\\.pem\\..+)\\.(?:cert|key|password)");
    private static final Pattern STORE =
            Pattern.compile("(?<store>" + CONFIGURATION + "(?:key|trust)-store\\.(?<type>p12|jks))\\.path");
    private static final Pattern TRUSTED =
            Pattern.compile("(?<list>" + CONFIGURATION + "trust-store\\.pem\\.certs)(?:\\[\\d+])?");
    private static final Pattern RELOAD = Pattern.compile(CONFIGURATION + "reload-period");

    private final SmallRyeConfig config;
    private final Set<String> names = new TreeSet<>();

    private TlsFiles(SmallRyeConfig config) {
        this.config = config;
        config.getPropertyNames().forEach(name -> names.add(canonical(name)));
    }

    /** Finds the settings; the files are read by {@link #check}. */
    public static TlsFiles of(SmallRyeConfig config) {
        return new TlsFiles(config);
    }

    /** Returns the name of a property for that of an environment variable, such as {@code QUARKUS_TLS_KEY_STORE_PEM_0_KEY}. */
    private static String canonical(String name) {
        return isOfEnvironment(name)
                ? name.toLowerCase(Locale.ROOT)
                        .replace('_', '.')
                        .replaceAll("(key|trust|reload)\\.(store|period)", "$1-$2")
                        .replaceAll("(http\\.ssl\\.certificate\\.(?:key|trust)-store)\\.", "$1-")
                : ConfigFile.withoutProfile(name);
    }

    private static boolean isOfEnvironment(String name) {
        return name.startsWith("QUARKUS_");
    }

    /**
     * Returns the certificates, keys and passwords that environment variables set, by the names of their properties. Quarkus
     * looks for pairs among the names of properties, and so does not find a pair that only variables set.
     */
    Map<String, String> pairsOfEnvironment() {
        Map<String, String> pairs = new TreeMap<>();
        for (String name : config.getPropertyNames()) {
            String property = canonical(name);
            if (isOfEnvironment(name) && PAIR.matcher(property).matches()) {
                // Also the value of a source with higher precedence.
                pairs.put(property, config.getConfigValue(property).getRawValue());
            }
        }
        return pairs;
    }

    /** Returns true if the settings give the HTTP server a certificate, so that it listens with TLS. */
    public boolean hasServerCertificate() {
        @Nullable String used = value("quarkus.http.tls-configuration-name");
        return names.stream()
                .map(KEY_STORE::matcher)
                .filter(Matcher::matches)
                .anyMatch(matcher -> matcher.group().startsWith(OLD)
                        || unquoted(matcher.group("configuration")).equals(unquoted(used)));
    }

    private static String unquoted(@Nullable String name) {
        return name == null ? "" : name.replace("\"", "");
    }

    /** Returns true if the settings say which certificates of clients are trusted. */
    boolean hasTrustStore() {
        return names.stream().anyMatch(name -> TRUST_STORE.matcher(name).matches());
    }

    /** Returns the shortest time after which Quarkus reads the files again; empty if it does not. */
    public Optional<Duration> reloadPeriod() {
        return names.stream()
                .filter(name -> RELOAD.matcher(name).matches() || name.equals(OLD + "reload-period"))
                .flatMap(name -> config.getOptionalValue(name, Duration.class).stream())
                .filter(Duration::isPositive)
                .min(Duration::compareTo);
    }

    /**
     * Reads and checks all files. May be called on any thread; blocks.
     *
     * @return the time at which the first certificate of the server expires; empty if there are none, or none that can be read
     * @throws UsageException if the server could not use a file; the message names the setting, the file and the remedy
     */
    public Optional<Instant> check() {
        List<X509Certificate> certificates = new ArrayList<>();
        matches(PAIR, "pair")
                .forEach(pair -> checkPair(pair + ".cert", pair + ".key", pair + ".password", certificates));
        checkOldPairs(certificates);
        matches(STORE, "store").forEach(store -> checkStore(store, certificates));
        matches(TRUSTED, "list").forEach(list -> files(list).forEach(TlsFile::readCertificates));
        return certificates.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Instant::compareTo);
    }

    private List<String> matches(Pattern pattern, String group) {
        return names.stream()
                .map(pattern::matcher)
                .filter(Matcher::matches)
                .map(matcher -> matcher.group(group))
                .distinct()
                .toList();
    }

    private void checkPair(
            String certificateSetting, String keySetting, String passwordSetting, List<X509Certificate> certificates) {
        TlsFile certificate = file(certificateSetting);
        TlsFile key = file(keySetting);
        if (certificate == null || key == null) {
            requireBoth(certificateSetting, keySetting);
        } else {
            certificates.add(checkPair(certificate, key, value(passwordSetting) != null));
        }
    }

    private static X509Certificate checkPair(TlsFile certificate, TlsFile key, boolean password) {
        X509Certificate first = certificate.readChain();
        key.requireKey(password, first, certificate.path());
        return first;
    }

    private void requireBoth(String one, String other) {
        for (String setting : List.of(one, other)) {
            if (!names.contains(setting) && value(setting) == null) {
                throw new UsageException(setting + " is not set; a certificate needs both " + one + " and " + other);
            }
        }
    }

    private void checkOldPairs(List<X509Certificate> certificates) {
        List<TlsFile> files = files(OLD + "files");
        List<TlsFile> keys = files(OLD + "key-files");
        if (files.size() != keys.size()) {
            throw new UsageException(OLD + "files names " + files.size() + " files, and " + OLD + "key-files "
                    + keys.size() + "; name a key for each certificate");
        }
        for (int i = 0; i < files.size(); i++) {
            certificates.add(checkPair(files.get(i), keys.get(i), false));
        }
    }

    /** Checks a key or trust store of Java. One whose password another provider knows is left to Quarkus. */
    private void checkStore(String setting, List<X509Certificate> certificates) {
        TlsFile file = file(setting + ".path");
        String password = value(setting + ".password");
        if (file == null) {
            return;
        }
        byte[] bytes = file.readBytes();
        if (password == null || value(setting + ".provider") != null) {
            return;
        }
        try {
            KeyStore store = KeyStore.getInstance(setting.endsWith("p12") ? "PKCS12" : "JKS");
            store.load(new ByteArrayInputStream(bytes), password.toCharArray());
            if (setting.contains("key-store")) {
                addCertificates(store, certificates);
            }
        } catch (IOException | GeneralSecurityException e) {
            throw file.fault("is damaged, or of another type than the setting says, or " + setting
                    + ".password is wrong; correct them");
        }
    }

    private static void addCertificates(KeyStore store, List<X509Certificate> certificates)
            throws GeneralSecurityException {
        for (String alias : Collections.list(store.aliases())) {
            if (store.isKeyEntry(alias) && store.getCertificate(alias) instanceof X509Certificate certificate) {
                certificates.add(certificate);
            }
        }
    }

    /** Returns the value of a setting; null if it has none, or one that only Quarkus expands. */
    private @Nullable String value(String setting) {
        return config.getOptionalValue(setting, String.class)
                .filter(TlsFiles::isPlain)
                .orElse(null);
    }

    private @Nullable TlsFile file(String setting) {
        String value = value(setting);
        return value == null ? null : file(setting, value);
    }

    private List<TlsFile> files(String setting) {
        return config.getOptionalValues(setting, String.class).orElse(List.of()).stream()
                .filter(TlsFiles::isPlain)
                .map(value -> file(setting, value))
                .toList();
    }

    private static TlsFile file(String setting, String path) {
        try {
            return new TlsFile(setting, SettingParsers.parsePath(path));
        } catch (IllegalArgumentException e) {
            throw new UsageException(setting + ": " + e.getMessage());
        }
    }

    private static boolean isPlain(String value) {
        return !value.contains("${");
    }
}
