#!/bin/sh
# Runs in the new root file system, after its packages and the files of rootfs/ are installed. The script of the variant runs next.
set -eu
. /etc/os-release
sed -i "s/RELEASE/$VERSION_CODENAME/g" /etc/apt/sources.list.d/debian.sources
passwd -q -l root

# The settings of Debian's cloud image, in the same file: sshd takes the first value, so no file of sshd_config.d may contain them.
sed -i 's/^#PasswordAuthentication yes/PasswordAuthentication no/' /etc/ssh/sshd_config
echo 'ClientAliveInterval 120' >> /etc/ssh/sshd_config

# Each machine generates its own identity at its first boot.
: > /etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
ln -s /etc/machine-id /var/lib/dbus/machine-id

systemctl -q enable systemd-networkd.service ssh-host-keys.service grow-root.service
sed -n "s/^Date: /bakehouse-source-date: /p" /var/lib/apt/lists/*Release
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/0000*
rm -rf /var/log/*.log /var/log/apt /var/cache/debconf/*-old /var/lib/dpkg/*-old /customise.sh
