/**
 * The connections that the server accepts: their number, and the time that a client may take to send the head of a request.
 * {@link dev.lineserver.http.connection.Connections} is the entry point; requests report to
 * {@link dev.lineserver.http.connection.HeadDeadline}.
 *
 * <p>May use Netty and the JDK, and nothing of this program.
 */
@NullMarked
package dev.lineserver.http.connection;

import org.jspecify.annotations.NullMarked;
