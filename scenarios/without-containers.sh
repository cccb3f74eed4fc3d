#!/bin/sh
# autofix as a CI job that runs in a container itself and has no container engine.
#
#   docker run --rm --network host \
#     -v "$PWD":/autofix:ro -v SERVER:/nakama/nakama:ro \
#     -v /etc/ssl/certs/ca-certificates.crt:/ca.pem:ro \
#     autofix-kit/compilers:bookworm sh /autofix/scenarios/without-containers.sh
#
# SERVER is a Nakama for 3.40.0, or what `python -m scenarios.kit build --local` prints.
# The image has gcc and git; Python comes from Debian, Go and PostgreSQL from
# autofix[local]. Once as root (PostgreSQL then runs as nobody), once as a user.
set -eu
export DEBIAN_FRONTEND=noninteractive
export SSL_CERT_FILE=/ca.pem PIP_CERT=/ca.pem PIP_DISABLE_PIP_VERSION_CHECK=1

job() {
  cp -r "/source/scenarios/$1/plugin" "$2"
  cd "$2"
  git init --quiet
  git add --all
  git -c user.name=Job -c user.email=job@example.com commit --quiet --message 'As it was'
  /venv/bin/autofix doctor
  /venv/bin/autofix run
  git diff --stat
}

if [ "${1:-}" = job ]; then
  job "$2" "$3"
  exit
fi

apt-get update -qq
apt-get install -qq --yes --no-install-recommends python3 python3-venv >/dev/null
cp -r /autofix /source
python3 -m venv /venv
/venv/bin/pip install --quiet '/source[local]'

job five-mismatches /plugin
useradd --create-home builder
su builder -c 'sh /autofix/scenarios/without-containers.sh job direct-too-old /home/builder/plugin'

if ls -d /tmp/autofix-* 2>/dev/null || grep -l _AUTOFIX_OWNER /proc/[0-9]*/environ 2>/dev/null; then
  echo 'A run has left something.' >&2
  exit 1
fi
