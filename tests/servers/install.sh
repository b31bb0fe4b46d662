#!/bin/sh
# What the server tests need beyond the Python packages (Debian, Ubuntu). Tests skip, and say so, where it is absent.
set -eu
apt-get update
apt-get install -y --no-install-recommends openssh-server postgresql mariadb-server gnupg
