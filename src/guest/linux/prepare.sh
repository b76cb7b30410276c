# Waits until the first boot has finished: cloud-init, and package managers that run in the background. Prints what it waits for, one line
# each, and ends with 3 after the limit. Then prints the version of Python. Then refreshes the package lists, if that is wanted, and ends
# with 4 if they cannot be fetched. Set before: limit (s), refresh (yes or no), interpreter (the Python of Ansible), and for tests root, a
# folder in place of /.

# The messages of apt-get are read below.
export LC_ALL=C
root=${root-}

# Whether a process has a lock on this file. proc(5), /proc/locks: the inode is the third part of the sixth field.
is_locked() {
  [ -e "$1" ] || return 1
  inode=$(stat -c %i "$1") || return 1
  grep -q ":$inode " /proc/locks 2>/dev/null
}

find_busy() {
  if [ -d $root/run/cloud-init ] && [ ! -e $root/run/cloud-init/disabled ] && [ ! -e $root/run/cloud-init/result.json ] &&
    [ -e $root/run/cloud-init/enabled ]; then
    echo cloud-init
    return
  fi
  for lock in /var/lib/dpkg/lock-frontend /var/lib/apt/lists/lock /var/lib/rpm/.rpm.lock /usr/lib/sysimage/rpm/.rpm.lock /run/zypp.pid; do
    if is_locked "$root$lock"; then
      echo "the package manager ($lock)"
      return
    fi
  done
}

waited=0
while busy=$(find_busy) && [ -n "$busy" ]; do
  [ "$busy" = "${said-}" ] || echo "waiting for $busy"
  said=$busy
  [ "$waited" -lt "$limit" ] || exit 3
  sleep 1
  waited=$((waited + 1))
done

# The name of the program tells its version. Starting it takes a second on an emulated machine.
program=$(readlink -f "$root$interpreter" 2>/dev/null)
case $program in
  *python[23].[0-9]*) version=${program##*python} ;;
  *) version=$("$root$interpreter" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || version=none ;;
esac
echo "python $version"

[ "$refresh" = yes ] || exit 0
command -v apt-get >/dev/null || exit 0

# Ends with 0 only if each list was fetched. apt-get itself ends with 0 after a server could not be reached, and only warns; its option
# APT::Update::Error-Mode would change that, but apt 2.0 and older do not know it.
update() {
  output=$(apt-get -q update 2>&1)
  status=$?
  printf '%s\n' "$output"
  [ "$status" = 0 ] && ! printf '%s\n' "$output" | grep -q '^W: Failed to fetch'
}

# The name server or a mirror may be out of reach for a moment.
for pause in 1 5 0; do
  update && exit 0
  sleep "$pause"
done
exit 4
