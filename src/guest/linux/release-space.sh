# Functions of seal.sh: removed files and swapped memory must not be readable in the image. Blocks are trimmed; a disk that refuses a
# trim, such as EBS, is overwritten. A line `seal note: …` says what could not be done.

note() { echo "seal note: $*"; }

# Seconds for all overwriting. A file that is bigger than the time allows ends earlier, and its file system is noted.
overwrite_seconds=${OVERWRITE_SECONDS:-300}
seconds() { read -r up _ </proc/uptime; echo "${up%.*}"; }

# Prints `type⇥device number⇥options⇥path` of each file system on a disk that is mounted writable, once.
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

# Fills a file system with zeroes and removes them: its type, device number, options and path. It is full for a moment, just before
# the machine is powered off.
overwrite() {
  case "$1 $3" in *compress*) note "removed files in $4 may be readable: it compresses the zeroes that should overwrite them" ;; esac
  # ext4 keeps blocks back, also from root, as long as it is mounted.
  [ "$1" != ext4 ] || echo 0 2>/dev/null >"/sys/fs/ext4/$(basename "$(readlink -f "/sys/dev/block/$2")")/reserved_clusters" ||
    note "removed files in $4 may be readable: ext4 keeps some blocks back"
  zeroes=$4/.bakehouse-zeroes
  timeout "$(overwrite_time)" dd if=/dev/zero of="$zeroes" bs=1M 2>/dev/null
  [ $? != 124 ] || note "removed files in $4 may be readable: $(df -Pk "$4" | awk 'END { print int($4 / 1024) }') MiB of free space were not overwritten within $overwrite_seconds s, and the disk refuses a trim"
  # Before the file is removed: blocks that were not written yet would never be.
  sync
  rm -f "$zeroes"
}

# The seconds that are left, at least one.
overwrite_time() {
  time=$((overwrite_end - $(seconds)))
  echo "$((time > 1 ? time : 1))"
}

release_space() {
  sync
  overwrite_end=$(($(seconds) + overwrite_seconds))
  find_disks | while IFS='	' read -r kind device options point; do
    fstrim "$point" 2>/dev/null || overwrite "$kind" "$device" "$options" "$point"
  done
  sync
}

# Empties swap: it may hold memory of the build. Swap in memory (zram) ends with the machine.
clear_swap() {
  overwrite_end=$(($(seconds) + overwrite_seconds))
  while read -r name _; do
    case $name in /dev/zram*) continue ;; /*) ;; *) continue ;; esac
    if ! swapoff "$name" 2>/dev/null; then note "the swap $name may be readable: swapoff failed"; continue; fi
    uuid=$(blkid -p -o value -s UUID "$name") label=$(blkid -p -o value -s LABEL "$name")
    if [ -b "$name" ]; then size=$(blockdev --getsize64 "$name"); else size=$(stat -c %s "$name"); fi
    # `<>`: the file keeps its blocks.
    blkdiscard --zeroout "$name" 2>/dev/null || timeout "$(overwrite_time)" head -c "$size" /dev/zero 1<>"$name" ||
      note "the swap $name may be readable: it was not overwritten within $overwrite_seconds s"
    mkswap ${uuid:+--uuid "$uuid"} ${label:+--label "$label"} "$name" >/dev/null || fail "the swap $name could not be made again"
  done <"${SWAPS:-/proc/swaps}"
}
