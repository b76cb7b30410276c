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
systemctl -q disable systemd-networkd-wait-online.service systemd-network-generator.service systemd-pstore.service \
  e2scrub_reap.service remote-fs.target apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
# Each of these is a process or more at every boot, for what few machines use; `systemctl unmask` brings one back.
systemctl -q mask dev-hugepages.mount sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount systemd-binfmt.service systemd-repart.service systemd-update-utmp-runlevel.service
for generator in gpt-auto bless-boot hibernate-resume integritysetup veritysetup; do
  ln -s /dev/null "/etc/systemd/system-generators/systemd-$generator-generator"
done
rm -f /etc/modules-load.d/modules.conf /etc/update-motd.d/10-uname
# The ssh server listens on every address, so it waits for none; its configuration is read once, not twice.
sed -e 's/^After=.*/After=auditd.service/' -e '/^ExecStartPre=/d' /lib/systemd/system/ssh.service > /etc/systemd/system/ssh.service

for kernel in /lib/modules/*; do update-initramfs -c -k "${kernel##*/}" > /dev/null; done
sed -n "s/^Date: /bakehouse-source-date: /p" /var/lib/apt/lists/*Release
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/0000*
rm -rf /var/log/*.log /var/log/apt /var/cache/debconf/*-old /var/lib/dpkg/*-old /customise.sh
# Nothing to bring up to date at the first boot.
touch /etc/.updated /var/.updated
