#!/bin/sh
# Runs last in the new root file system of the lean variant. Usage: customise-lean.sh TITLE
set -eu
title=$1
ln -sf /run/resolv.conf /etc/resolv.conf
systemctl -q enable resolv-conf.path
# Disabled by default. A package that needs one of them enables it again.
systemctl -q disable systemd-networkd-wait-online.service systemd-network-generator.service systemd-pstore.service \
  e2scrub_reap.service remote-fs.target apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
# Few machines need these units, and each one starts a process at every boot. `systemctl unmask` enables one again.
systemctl -q mask dev-hugepages.mount sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount systemd-binfmt.service systemd-repart.service systemd-update-utmp-runlevel.service
for generator in gpt-auto bless-boot hibernate-resume integritysetup ssh tpm2 veritysetup; do
  ln -s /dev/null "/etc/systemd/system-generators/systemd-$generator-generator"
done
rm -f /etc/modules-load.d/modules.conf /etc/update-motd.d/10-uname
# Start the SSH server earlier: it listens on all addresses, so it need not wait for the network; and skip the check of its configuration.
sed -e 's/^After=.*/After=auditd.service/' -e '/^ExecStartPre=/d' /lib/systemd/system/ssh.service > /etc/systemd/system/ssh.service

for kernel in /lib/modules/*; do version=${kernel##*/}; update-initramfs -c -k "$version" > /dev/null; done

# The EFI system partition, as kernel-install expects it: systemd-boot, the kernel, one boot entry.
mkdir -p /boot/efi
cd /boot/efi
mkdir -p EFI/BOOT EFI/systemd loader/entries "debian/$version"
cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi EFI/BOOT/BOOTX64.EFI
cp EFI/BOOT/BOOTX64.EFI EFI/systemd/systemd-bootx64.efi
echo 'timeout 0' > loader/loader.conf
echo type1 > loader/entries.srel
cp "/boot/vmlinuz-$version" "debian/$version/linux"
cp "/boot/initrd.img-$version" "debian/$version/initrd.img-$version"
cat > "loader/entries/debian-$version.conf" <<ENTRY
title $title
version $version
sort-key debian
options $(cat /etc/kernel/cmdline)
linux /debian/$version/linux
initrd /debian/$version/initrd.img-$version
ENTRY

# Tell systemd that no update of /etc and /var is needed at the first boot.
touch /etc/.updated /var/.updated
rm /customise-variant.sh
