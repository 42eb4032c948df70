# shellcheck shell=sh
# keyturn on a Linux host, run by the SSM agent as root: finds the program, or fetches and checks it, and starts it.
# `keyturn render ssm-command` puts this text into the Command document. The agent pastes parameters into it as they
# are: they stand in single quotes, and their allowedPattern leaves nothing that ends those, and no dollar sign or brace,
# which the agent itself would expand. A list is pasted as JSON: ["a","b"].
set -eu
set -f
umask 077

mode='{{ Mode }}'
version_id='{{ VersionId }}'
stage='{{ Stage }}'
not_after='{{ NotAfter }}'
credential_secret='{{ CredentialSecret }}'
bucket_url_secret='{{ BucketUrlSecret }}'
sql_user_secret='{{ SqlUserSecret }}'
sql_password_secret='{{ SqlPasswordSecret }}'
rotate_login='{{ RotateLogin }}'
proof_backup='{{ ProofBackup }}'
bucket_urls='{{ BucketUrls }}'
credential_patterns='{{ CredentialPatterns }}'
package_url='{{ PackageUrl }}'
package_sha256='{{ PackageSha256 }}'

root=${KEYTURN_HOST_ROOT:-}
cache=$root/var/cache/keyturn
folder=

remove_folder() { [ -z "$folder" ] || rm -rf "$folder"; }
trap remove_folder EXIT

# give_up SENTENCE: a host report like keyturn's own, so that the reason reaches whoever sent the command.
give_up() {
  name=$(uname -n | tr -cd 'A-Za-z0-9.-')
  printf '{"version":1,"kind":"host","keyturn_version":"@KEYTURN_VERSION@","host":"%s","command":"%s",' "$name" "$mode"
  printf '"outcome":"failed","exit_status":1,"at":%s000,"reason":"%s",' "$(date +%s)" "$1"
  [ -z "$version_id" ] || printf '"version_id":"%s",' "$version_id"
  printf '"instances":[]}\n'
  exit 1
}

has() { command -v "$1" > /dev/null 2>&1; }

installed_keyturn() {
  for place in "$root/usr/local/bin/keyturn" "$root/usr/bin/keyturn" "$root/opt/keyturn/bin/keyturn"; do
    if [ -f "$place" ] && [ -x "$place" ]; then
      printf '%s' "$place"
      return
    fi
  done
  command -v keyturn || true
}

# fetch FILE: what package_url names.
fetch() {
  case $package_url in
    s3://*)
      has aws || give_up 'keyturn is not installed on this host, and there is no AWS CLI to fetch it from S3 with. Install either.'
      aws s3 cp --only-show-errors "$package_url" "$1" >&2
      ;;
    *)
      has curl || give_up 'keyturn is not installed on this host, and there is no curl to fetch it with. Install either.'
      curl --fail --silent --show-error --location --proto '=https' --retry 2 --output "$1" "$package_url" >&2
      ;;
  esac
}

matches() { [ "$(sha256sum < "$1" | cut -d ' ' -f 1)" = "$package_sha256" ]; }

# The checked package, from the cache or fetched into it; kept there for the next time.
fetch_package() {
  mkdir -p "$cache"
  chmod 700 "$cache"
  package=$cache/$package_sha256
  # What runs that were killed left behind, and packages of the past.
  find "$cache" -mindepth 1 -maxdepth 1 -mmin +1440 ! -name "$package_sha256" -exec rm -rf {} +
  if [ -f "$package" ] && matches "$package"; then return; fi
  folder=$(mktemp -d "$cache/fetch.XXXXXX")
  fetch "$folder/package" ||
    give_up "The package $package_url can't be fetched; the command's error output says why. The host's role needs s3:GetObject on it."
  matches "$folder/package" ||
    give_up "The package $package_url does not have the SHA-256 that the command names, so it was not run. Correct either."
  mv "$folder/package" "$package"
  remove_folder
}

# unpack ARCHIVE FOLDER
unpack() {
  case $package_url in
    *.tar.gz | *.tgz) tar -xzf "$1" -C "$2" >&2 ;;
    *)
      if has unzip; then
        unzip -q "$1" -d "$2" >&2
      elif has python3; then
        python3 -m zipfile -e "$1" "$2" >&2
      else
        give_up 'There is neither unzip nor python3 to unpack the package with. Install either, or offer a .tar.gz.'
      fi
      ;;
  esac
}

# Unpacked afresh each time, from what was checked just now: nothing that lay about is ever run.
unpack_package() {
  folder=$(mktemp -d "$cache/run.XXXXXX")
  unpack "$package" "$folder" || give_up "The package $package_url can't be unpacked; the command's error output says why."
  [ -f "$folder/bin/keyturn" ] || give_up "The package $package_url holds no bin/keyturn."
  chmod -R u=rwx,go= "$folder"
}

# The package has a loader and all libraries that keyturn needs with it, whatever the system has (docs/lambda.md). It may
# also have been unpacked as /opt/keyturn.
run_keyturn() {
  home=${keyturn%/bin/keyturn}
  loader=$home/lib/ld-linux-x86-64.so.2
  if ! [ -f "$loader" ] || ! [ -f "$home/etc/odbcinst.ini" ]; then
    "$keyturn" "$@"
    return
  fi
  export ODBCSYSINI="$home/etc" GCONV_PATH="$home/lib/gconv"
  if [ -z "${SSL_CERT_FILE:-}" ]; then
    export SSL_CERT_FILE="$home/etc/ca-bundle.crt"
    for bundle in /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/certs/ca-certificates.crt /etc/ssl/ca-bundle.pem; do
      if [ -r "$root$bundle" ]; then SSL_CERT_FILE=$root$bundle; fi
    done
  fi
  "$loader" --library-path "$home/lib" "$keyturn" "$@"
}

keyturn=$(installed_keyturn)
if [ -z "$keyturn" ]; then
  PATH=$PATH:$root/usr/local/bin:$root/usr/bin:$root/bin:$root/snap/bin
  [ -n "$package_url" ] ||
    give_up 'keyturn is not installed on this host, and the command names no package to fetch. Install it, or set PackageUrl.'
  [ -n "$package_sha256" ] || give_up 'PackageUrl is given without PackageSha256; nothing is run unchecked.'
  fetch_package
  unpack_package
  keyturn=$folder/bin/keyturn
fi

# Where there is no instance metadata (hybrid nodes), the agent knows the region.
if [ -z "${AWS_REGION:-}${AWS_DEFAULT_REGION:-}" ] && [ -n "${AWS_SSM_REGION_NAME:-}" ]; then
  export AWS_REGION="$AWS_SSM_REGION_NAME"
fi

set -- apply --output json --credential-secret "$credential_secret" --bucket-url-secret "$bucket_url_secret" \
  --sql-user-secret "$sql_user_secret" --sql-password-secret "$sql_password_secret"
for url in $(printf '%s' "$bucket_urls" | tr '[],"' '    '); do set -- "$@" --bucket-url "$url"; done
for pattern in $(printf '%s' "$credential_patterns" | tr '[],"' '    '); do
  set -- "$@" --credential-pattern "$pattern"
done
# Empty where it is not so: a keyturn that was installed earlier does not know these options.
[ -z "$rotate_login" ] || set -- "$@" --rotate-login "$rotate_login"
[ -z "$proof_backup" ] || set -- "$@" --proof-backup "$proof_backup"
case $mode in
  apply) set -- "$@" --version-id "$version_id" --stage "$stage" --not-after "$not_after" ;;
  login) set -- "$@" --login --version-id "$version_id" --stage "$stage" --not-after "$not_after" ;;
  *) set -- "$@" --check ;;
esac

status=0
run_keyturn "$@" || status=$?
# 194 would have the agent reboot the host and run this once more.
[ "$status" -ne 194 ] || status=1
exit "$status"
