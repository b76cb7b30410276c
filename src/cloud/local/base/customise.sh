#!/bin/sh
# Runs in the new root file system, after its packages and the files of rootfs/ are installed.
set -eu
passwd -q -l root

# Each machine generates its own identity at its first boot.
: > /etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_*
ln -s /etc/machine-id /var/lib/dbus/machine-id
ln -sf /run/resolv.conf /etc/resolv.conf

systemctl -q enable systemd-networkd.service resolv-conf.path ssh-host-keys.service grow-root.service
# Disabled by default. A package that needs one of them enables it again.
systemctl -q disable systemd-networkd-wait-online.service systemd-network-generator.service systemd-pstore.service \
  e2scrub_reap.service remote-fs.target apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
# Few machines need these units, and each one starts a process at every boot. `systemctl unmask` enables one again.
systemctl -q mask dev-hugepages.mount sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount systemd-binfmt.service systemd-repart.service systemd-update-utmp-runlevel.service
for generator in gpt-auto bless-boot hibernate-resume integritysetup veritysetup; do
  ln -s /dev/null "/etc/systemd/system-generators/systemd-$generator-generator"
done
rm -f /etc/modules-load.d/modules.conf /etc/update-motd.d/10-uname
# Start the SSH server earlier: it listens on all addresses, so it need not wait for the network; and skip the check of its configuration.
sed -e 's/^After=.*/After=auditd.service/' -e '/^ExecStartPre=/d' /lib/systemd/system/ssh.service > /etc/systemd/system/ssh.service

for kernel in /lib/modules/*; do update-initramfs -c -k "${kernel##*/}" > /dev/null; done
sed -n "s/^Date: /bakehouse-source-date: /p" /var/lib/apt/lists/*Release
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/0000*
rm -rf /var/log/*.log /var/log/apt /var/cache/debconf/*-old /var/lib/dpkg/*-old /customise.sh
# Tell systemd that no update of /etc and /var is needed at the first boot.
touch /etc/.updated /var/.updated
