#!/bin/sh
# Makes a bootable disk from a root file system: GPT, an EFI system partition with the files of /boot/efi, ext4. Needs no loop device
# and no mount. Reads the root file system as a tar file from standard input and writes the disk as qcow2 to standard output, because
# the user that runs this may not be able to open the files of the caller.
# Usage: assemble.sh ROOT_UUID ESP_MIB DISK_MIB QEMU_IMG CONVERT_ARGUMENT…
set -eu
root_uuid=$1 esp_mib=$2 disk_mib=$3 qemu_img=$4
shift 4
root_mib=$((disk_mib - esp_mib - 2))
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/bakehouse-disk-XXXXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
disk=$work/disk.raw
mkdir -p "$work/root"
tar -C "$work/root" --numeric-owner --xattrs --xattrs-include='*' --exclude='./dev/*' -xf -

mv "$work/root/boot/efi" "$work/esp"
mkdir "$work/root/boot/efi"

truncate -s "${disk_mib}M" "$disk"
sfdisk -q "$disk" <<TABLE
label: gpt
first-lba: 2048
name=bakehouse-esp, start=2048, size=${esp_mib}MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
name=bakehouse-root, size=${root_mib}MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709
TABLE
truncate -s "${esp_mib}M" "$work/esp.img"
mkfs.vfat -F 32 -n ESP "$work/esp.img" > /dev/null
mcopy -s -i "$work/esp.img" "$work"/esp/* ::/
dd if="$work/esp.img" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
mkfs.ext4 -q -F -L root -U "$root_uuid" -E "offset=$(((esp_mib + 1) * 1024 * 1024)),lazy_itable_init=1,lazy_journal_init=1,nodiscard" \
  -d "$work/root" "$disk" "${root_mib}M"
rm -rf "$work/root" "$work/esp" "$work/esp.img"
"$qemu_img" "$@" "$disk" "$work/disk.qcow2" >&2
cat "$work/disk.qcow2"
