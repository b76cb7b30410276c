#!/bin/sh
# Runs inside the new root file system, once its packages and the files of rootfs/ are there.
set -eu
passwd -q -l root

# Instances make their own identity at their first boot.
: > /etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
ln -s /etc/machine-id /var/lib/dbus/machine-id
ln -sf /run/resolv.conf /etc/resolv.conf

systemctl -q enable systemd-networkd.service resolv-conf.path ssh-host-keys.service grow-root.service
# Off until a family wants them; a package that needs one enables it again.
systemctl -q disable systemd-networkd-wait-online.service systemd-pstore.service e2scrub_reap.service remote-fs.target \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
# Each generator is a process at every boot; the root is named on the kernel's command line.
for generator in gpt-auto bless-boot hibernate-resume integritysetup veritysetup; do
  ln -s /dev/null "/etc/systemd/system-generators/systemd-$generator-generator"
done

for kernel in /lib/modules/*; do update-initramfs -c -k "${kernel##*/}" > /dev/null; done
sed -n "s/^Date: /bakehouse-source-date: /p" /var/lib/apt/lists/*Release
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/0000*
rm -rf /var/log/*.log /var/log/apt /var/cache/debconf/*-old /var/lib/dpkg/*-old /customise.sh
