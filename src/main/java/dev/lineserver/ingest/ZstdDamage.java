package dev.lineserver.ingest;

import java.io.IOException;

/** The data of a Zstandard file is not what an encoder has written. */
final class ZstdDamage extends IOException {
    private static final long serialVersionUID = 1;

    ZstdDamage(String detail) {
        super("its zstd data is damaged (" + detail + "); fetch it again");
    }
}
