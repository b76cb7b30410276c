#!/bin/sh
# Runs last in the new root file system of the standard variant. Installs GRUB for EFI with the same files as
# `grub-install --uefi-secure-boot --force-extra-removable` and `update-grub` on a running machine. Usage: customise-standard.sh TITLE ROOT_UUID
set -eu
root_uuid=$2
systemctl -q enable systemd-resolved.service
# As in Debian's cloud image: programs ask the stub resolver where they also have the NSS module, and the name servers otherwise.
if dpkg -s libnss-resolve > /dev/null 2>&1; then resolv=stub-resolv.conf; else resolv=resolv.conf; fi
ln -sf "/run/systemd/resolve/$resolv" /etc/resolv.conf

for kernel in /lib/modules/*; do update-initramfs -c -k "${kernel##*/}" > /dev/null; done

mkdir -p /boot/efi/EFI/BOOT /boot/efi/EFI/debian /boot/grub/x86_64-efi /boot/grub/fonts
cp /usr/lib/grub/x86_64-efi/*.mod /usr/lib/grub/x86_64-efi/*.lst /boot/grub/x86_64-efi
cp /usr/share/grub/unicode.pf2 /boot/grub/fonts
cp /usr/lib/shim/shimx64.efi.signed /boot/efi/EFI/BOOT/BOOTX64.EFI
cp /usr/lib/shim/shimx64.efi.signed /boot/efi/EFI/debian/shimx64.efi
cp /usr/lib/shim/mmx64.efi.signed /boot/efi/EFI/debian/mmx64.efi
for folder in BOOT debian; do cp /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed "/boot/efi/EFI/$folder/grubx64.efi"; done
cat > /boot/efi/EFI/debian/grub.cfg <<CFG
search.fs_uuid $root_uuid root
set prefix=(\$root)'/boot/grub'
configfile \$prefix/grub.cfg
CFG
grub-editenv /boot/grub/grubenv create

# Debian's scripts write grub.cfg. They ask grub-probe about the root disk, which does not exist yet, so a substitute answers.
mv /usr/sbin/grub-probe /usr/sbin/grub-probe.kept
cat > /usr/sbin/grub-probe <<PROBE
#!/bin/sh
for word; do
  case \$word in
    --target=device) echo /dev/vda2 ;;
    --target=drive) echo '(hd0,gpt2)' ;;
    --target=fs) echo ext2 ;;
    --target=fs_uuid) echo $root_uuid ;;
    --target=partmap) echo gpt ;;
  esac
done
PROBE
chmod 755 /usr/sbin/grub-probe
mkdir -p /dev/disk/by-uuid
touch "/dev/disk/by-uuid/$root_uuid"
grub-mkconfig -o /boot/grub/grub.cfg
rm -r /dev/disk
mv /usr/sbin/grub-probe.kept /usr/sbin/grub-probe
rm /customise-variant.sh
