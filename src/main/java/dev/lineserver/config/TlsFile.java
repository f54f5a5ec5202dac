package dev.lineserver.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.RegularFile;

/**
 * A file with certificates, a private key, or both. Vert.x reads it, too, but its failures name neither the file nor the remedy,
 * and a key of another certificate fails at each handshake only. The form PEM is that of RFC 7468.
 *
 * @param setting names the file
 */
record TlsFile(String setting, Path path) {
    /** A chain of certificates has some kilobytes. */
    private static final int MAX_BYTES = 1 << 20;

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN (?<label>[A-Z0-9 ]+)-----(?<body>.*?)-----END \\1-----", Pattern.DOTALL);
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String KEY = "PRIVATE KEY";

    /** One block: its label, and the text within it. */
    private record PemBlock(String label, String body) {
        static PemBlock of(MatchResult match) {
            return new PemBlock(match.group(1), match.group(2));
        }

        /** @throws IllegalArgumentException if it is not Base64 */
        byte[] bytes() {
            return Base64.getDecoder().decode(body.replaceAll("\\s", ""));
        }
    }

    /**
     * Reads the certificates of a file in the form PEM, of which there is at least one.
     *
     * @throws UsageException if the file cannot be read, or has no certificate, or a damaged one
     */
    List<X509Certificate> readCertificates() {
        List<PemBlock> blocks = readBlocks();
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (PemBlock block : blocks) {
                if (block.label.equals(CERTIFICATE)) {
                    certificates.add(
                            (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.bytes())));
                }
            }
        } catch (CertificateException | IllegalArgumentException e) {
            throw fault("has a damaged certificate; copy it again, or name another file");
        }
        if (certificates.isEmpty()) {
            boolean key = blocks.stream().anyMatch(block -> block.label.endsWith(KEY));
            throw fault("has " + (key ? "a private key and " : "")
                    + "no certificate (BEGIN CERTIFICATE); name a file that has one");
        }
        return certificates;
    }

    /**
     * Reads the certificate of this server. Each certificate of the file must be signed by the next one, as clients and Java
     * want it.
     *
     * @throws UsageException as {@link #readCertificates}, and if the order is another
     */
    X509Certificate readChain() {
        List<X509Certificate> certificates = readCertificates();
        for (int i = 0; i + 1 < certificates.size(); i++) {
            if (!certificates
                    .get(i)
                    .getIssuerX500Principal()
                    .equals(certificates.get(i + 1).getSubjectX500Principal())) {
                throw fault(
                        "has certificates in the wrong order, or of several servers; begin with that of this server, and"
                                + " let that of its authority follow");
            }
        }
        return certificates.getFirst();
    }

    /**
     * Checks that the file has the private key of a certificate.
     *
     * @param password true if there is one that decrypts the key
     * @param certificateFile the file of {@code certificate}, for messages
     * @throws UsageException if the file cannot be read, or has no such key
     */
    void requireKey(boolean password, X509Certificate certificate, Path certificateFile) {
        List<PemBlock> blocks = readBlocks();
        PemBlock block = blocks.stream()
                .filter(candidate -> candidate.label.endsWith(KEY))
                .findFirst()
                .orElseThrow(() -> fault("has " + (blocks.isEmpty() ? "" : "a certificate and ")
                        + "no private key (BEGIN PRIVATE KEY); name a file that has one"));
        if (block.label.startsWith("ENCRYPTED") || block.body.contains("ENCRYPTED")) {
            if (!password) {
                throw fault("has an encrypted key; set its password, or decrypt it (openssl pkey)");
            }
        } else if (block.label.equals(KEY)) {
            requireKey(block, certificate.getPublicKey(), certificateFile);
        }
        // Other forms, such as BEGIN RSA PRIVATE KEY, are left to Vert.x.
    }

    private void requireKey(PemBlock key, PublicKey certified, Path certificateFile) {
        String signature = switch (certified.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default ->
                throw fault("has a key of an algorithm that Vert.x does not support (" + certified.getAlgorithm()
                        + "); use RSA or EC");
        };
        if (!isKeyOf(key, certified, signature)) {
            throw fault("has a private key that is damaged, or is not that of the first certificate in "
                    + certificateFile + "; name the files of one pair");
        }
    }

    /** Returns true if the certified key verifies a signature by the private one, which is in PKCS#8. */
    private static boolean isKeyOf(PemBlock key, PublicKey certified, String algorithm) {
        try {
            PrivateKey secret = KeyFactory.getInstance(certified.getAlgorithm())
                    .generatePrivate(new PKCS8EncodedKeySpec(key.bytes()));
            byte[] text = CERTIFICATE.getBytes(StandardCharsets.US_ASCII);
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(secret);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(text);
            return signature.verify(signed);
        } catch (NoSuchAlgorithmException e) {
            // This Java has no such algorithm, which says nothing about the key.
            return true;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    private List<PemBlock> readBlocks() {
        String text = new String(readBytes(), StandardCharsets.ISO_8859_1);
        return BLOCK.matcher(text).results().map(PemBlock::of).toList();
    }

    /** Reads the file, which Quarkus reads several times. */
    byte[] readBytes() {
        try {
            return RegularFile.read(path, MAX_BYTES);
        } catch (IOException e) {
            String name = ControlCharacters.escape(path.toString());
            throw new UsageException(
                    setting + ": " + IoErrors.message("read " + name, e) + "; name a file that can be read");
        }
    }

    UsageException fault(String fault) {
        return new UsageException(setting + ": " + ControlCharacters.escape(path.toString()) + " " + fault);
    }
}
