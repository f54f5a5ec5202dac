/** Tests of the connections that the server accepts. */
@NullMarked
package dev.lineserver.http.connection;

import org.jspecify.annotations.NullMarked;
