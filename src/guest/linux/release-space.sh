# Functions for seal.sh, which make removed files and swapped memory unreadable in the image. They trim blocks; if a disk does not support
# trim, such as EBS, they overwrite it. A line `seal note: …` says what could not be done.

note() { echo "seal note: $*"; }

# Maximum time for overwriting, in seconds. If it is not enough, the rest of a file system is not overwritten, and a note says so.
overwrite_seconds=${OVERWRITE_SECONDS:-300}
seconds() { read -r up _ </proc/uptime; echo "${up%.*}"; }

# Prints `type⇥device number⇥options⇥path` once for each file system that is on a disk and mounted writable.
find_disks() {
  seen=' '
  while read -r _ _ device _ point options rest; do
    set -- ${rest#*- }
    case "$2 $seen" in /dev/*" $device "*) continue ;; /dev/*) ;; *) continue ;; esac
    case ",$options,$3," in *,ro,*) continue ;; esac
    seen="$seen$device "
    printf '%s\t%s\t%s\t%b\n' "$1" "$device" "$3" "$point"
  done <"${MOUNTS:-/proc/self/mountinfo}"
}

# Fills a file system with a file of zeroes and removes the file. Arguments: type, device number, options, path. The file system is full for
# a moment, just before the machine is powered off.
overwrite() {
  case "$1 $3" in *compress*) note "removed files in $4 may be readable: it compresses the zeroes that should overwrite them" ;; esac
  # ext4 reserves blocks while it is mounted, which root cannot use either.
  [ "$1" != ext4 ] || echo 0 2>/dev/null >"/sys/fs/ext4/$(basename "$(readlink -f "/sys/dev/block/$2")")/reserved_clusters" ||
    note "removed files in $4 may be readable: ext4 keeps some blocks back"
  zeroes=$4/.bakehouse-zeroes
  timeout "$(overwrite_time)" dd if=/dev/zero of="$zeroes" bs=1M 2>/dev/null
  [ $? != 124 ] || note "removed files in $4 may be readable: $(df -Pk "$4" | awk 'END { print int($4 / 1024) }') MiB of free space were not overwritten within $overwrite_seconds s, and the disk refuses a trim"
  # Sync before the file is removed. Otherwise blocks that are not written yet would never be written.
  sync
  rm -f "$zeroes"
}

# Prints the remaining seconds, at least one.
overwrite_time() {
  time=$((overwrite_end - $(seconds)))
  echo "$((time > 1 ? time : 1))"
}

# Operation: free-space
release_space() {
  sync
  overwrite_end=$(($(seconds) + overwrite_seconds))
  find_disks | while IFS='	' read -r kind device options point; do
    fstrim "$point" 2>/dev/null || overwrite "$kind" "$device" "$options" "$point"
  done
  sync
}

# Operation: swap. Clears swap, which can contain memory of the build. Swap in memory (zram) disappears when the machine stops.
clear_swap() {
  overwrite_end=$(($(seconds) + overwrite_seconds))
  while read -r name _; do
    case $name in /dev/zram*) continue ;; /*) ;; *) continue ;; esac
    if ! swapoff "$name" 2>/dev/null; then note "the swap $name may be readable: swapoff failed"; continue; fi
    uuid=$(blkid -p -o value -s UUID "$name") label=$(blkid -p -o value -s LABEL "$name")
    if [ -b "$name" ]; then size=$(blockdev --getsize64 "$name"); else size=$(stat -c %s "$name"); fi
    # `<>` does not truncate the file, so it keeps its blocks.
    blkdiscard --zeroout "$name" 2>/dev/null || timeout "$(overwrite_time)" head -c "$size" /dev/zero 1<>"$name" ||
      note "the swap $name may be readable: it was not overwritten within $overwrite_seconds s"
    mkswap ${uuid:+--uuid "$uuid"} ${label:+--label "$label"} "$name" >/dev/null || fail "the swap $name could not be made again"
  done <"${SWAPS:-/proc/swaps}"
}
