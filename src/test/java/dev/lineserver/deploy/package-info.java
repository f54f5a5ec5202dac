/**
 * Tests of the deployed files (images, compose, Kubernetes manifests, the systemd unit): they must agree with each other
 * and with the program. The tests only start shell scripts and the tools that validate such files.
 */
@NullMarked
package dev.lineserver.deploy;

import org.jspecify.annotations.NullMarked;
