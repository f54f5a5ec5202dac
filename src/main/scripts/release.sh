# Sourced by build.sh --release: creates the files of a release in target/release. Entries of archives are sorted, and have
# the time in the pom, fixed modes and no owner, and generated classes do not depend on chance, so that the bytes depend on the
# sources and the tools only.

release=target/release
staging=target/release-staging
pages=target/release-files

# pom_value NAME: prints the first element of that name in the pom.
pom_value() {
  sed -n "s|.*<$1>\(.*\)</$1>.*|\1|p" pom.xml | head -n 1
}

# pack FOLDER PROGRAM: archives a program with the licence, the man pages and the completion scripts.
pack() {
  local folder=$1 program=$2
  install -m 755 "$program" "$staging/$folder/line-server"
  cp -R LICENSE "$pages/line-server.bash" "$pages/line-server.fish" "$pages/man1" "$staging/$folder/"
  tar --sort=name --mtime="$(pom_value project.build.outputTimestamp)" --owner=0 --group=0 --numeric-owner \
    --format=gnu --mode='u=rwX,go=rX,a-st' -C "$staging" -cf - "$folder" | gzip -n -9 >"$release/$folder.tar.gz"
}

pack_jvm() {
  local folder
  folder=line-server-$(pom_value version)-jvm
  mkdir -p "$staging/$folder"
  cp -R target/quarkus-app "$staging/$folder/"
  # The cache of classes is valid only for the exact Java that created it.
  rm -f "$staging/$folder/quarkus-app/line-server.aot"
  "$JAVA_HOME/bin/java" src/main/scripts/NumberKeys.java "$staging/$folder/quarkus-app/quarkus/generated-bytecode.jar"
  pack "$folder" target/line-server-jvm
  require_known_licences "$pages/line-server.cdx.json"
  cp "$pages/line-server.cdx.json" "$release/line-server-$(pom_value version).cdx.json"
  cp -R "$pages/line-server.bash" "$pages/line-server.fish" "$pages/man1" "$release/"
}

# require_known_licences SBOM: fails if a library has a licence that nobody has looked at. licences.txt has the others.
require_known_licences() {
  local unknown
  unknown=$(sed -n '/"licenses" : \[/,/\]/p' "$1" | sed -nE 's/.*"(id|name|expression)" : "(.*)".*/\2/p' |
    LC_ALL=C sort -u | grep -vxF -f src/main/scripts/licences.txt) || return 0
  echo "A library has a licence that src/main/scripts/licences.txt does not list: $unknown" >&2
  return 1
}

pack_native() {
  local folder
  folder=line-server-$(pom_value version)-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
  mkdir -p "$staging/$folder"
  pack "$folder" target/line-server
}

begin_release() {
  if ! tar --version 2>/dev/null | grep -q GNU; then
    echo "A release needs GNU tar. Install it (on macOS: brew install gnu-tar), and put it first on the PATH." >&2
    return 1
  fi
  # Entries of jars have the local time, and files that are copied have modes that the mask permits.
  export TZ=UTC0
  umask 022
  # Quarkus generates code in the order of sets, which follows identity hash codes. If all are equal, sets keep the order in
  # which their elements were added. It also records the language of the build.
  export MAVEN_OPTS="${MAVEN_OPTS:-} -XX:+UnlockExperimentalVMOptions -XX:hashCode=2 -Duser.language=en -Duser.country=US"
  rm -rf "$release" "$staging" "$pages"
  mkdir -p "$release"
}

end_release() {
  rm -rf "$staging"
  (cd "$release" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum >../SHA256SUMS)
  mv target/SHA256SUMS "$release/"
  echo "Released in target/release:"
  cat "$release/SHA256SUMS"
}
