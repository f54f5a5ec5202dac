/** The port behind which versions live: what every store can do, said in the project's words. */
@NullMarked
package dev.lineserver.store;

import org.jspecify.annotations.NullMarked;
