/** Which versions are served, when newer ones take their place, and whether the server is ready. No CDI, no HTTP. */
@NullMarked
package dev.lineserver.serving;

import org.jspecify.annotations.NullMarked;
