# Functions for seal.sh: what names the build machine, and the search for copies of it.

# Reads the identity of this machine before it is removed: sets `old_id`, `old_keys` (bodies of public keys), `old_names` and `given_name`,
# the host name that cloud-init set.
read_old_identity() {
  old_id='' given_name=''
  [ ! -r /etc/machine-id ] || read -r old_id </etc/machine-id
  [ ${#old_id} = 32 ] || old_id=''
  old_keys=$(cut -d' ' -f2 /etc/ssh/ssh_host_*_key.pub 2>/dev/null)
  # A name that the machine got, not the base: its short form too.
  for file in /var/lib/cloud/data/previous-hostname /var/lib/cloud/data/set-hostname; do
    [ ! -r "$file" ] || given_name=$(sed -n 's/.*"hostname": "\([^"]*\)".*/\1/p; /^[A-Za-z0-9.-]*$/p' "$file" | head -n 1)
    [ -z "$given_name" ] || break
  done
  [ ${#given_name} -ge 6 ] || given_name=''
  old_names="$given_name
$(sed -n 's/^ *|-- \([0-9.]*\)$/\1/p; ' /proc/net/fib_trie 2>/dev/null | grep -vE '^127\.|\.0$|\.255$' | sort -u)
$(cat /sys/class/net/*/address 2>/dev/null | grep -v '^00:00:00:00:00:00$')"
}

# Folders that no package manager fills with files that are the same on each machine.
searched='/etc /var /root /home /opt /srv /boot /efi /usr/local'

# Prints the files that contain one of the given texts. A copy of an identity is a small file.
find_copies() {
  [ -n "$1" ] || return
  # The grep options: fixed texts, whole words, binary files too.
  find $(ls -d $searched 2>/dev/null) -xdev -type f -size -2048k ! -path '/var/lib/dpkg/*' ! -path '/var/lib/rpm/*' \
    ! -path '/var/cache/apt/*' ! -path '/var/cache/man/*' ! -path '/var/lib/swcatalog/*' -exec grep -lawF -e "$1" {} + 2>/dev/null
}

# Operation: copies-of-identity
search_identity() {
  secrets=$(printf '%s\n' "$old_id" $old_keys ${BUILD_KEY-} | grep .)
  names=$(printf '%s\n' "$old_names" | grep .)
  # The boot loader needs its own copies.
  copies=$(find_copies "$(printf '%s\n%s\n' "$secrets" "$names" | grep .)" | grep -vE '/loader/|/grubenv$|/grub\.cfg$|/entry-token$')
  [ -n "$copies" ] || return
  found=$(containing "$secrets")
  [ -z "$found" ] || fail "these files contain the machine id, a host key or the login key of the build: $found"
  found=$(containing "$names")
  [ -z "$found" ] || note "these files contain the host name or an address of the build machine: $found"
}

# Prints the first of the copies that contain one of the given texts.
containing() {
  [ -z "$1" ] || printf '%s\n' "$copies" | tr '\n' '\0' | xargs -0 grep -lawF -e "$1" | head -n 5 | tr '\n' ' '
}

# Operation: boot-entries
report_boot_entries() {
  [ -n "$old_id" ] || return
  entries=$(ls -d /boot/loader/entries/*"$old_id"* /boot/efi/loader/entries/*"$old_id"* /efi/loader/entries/*"$old_id"* 2>/dev/null | head -n 3 | tr '\n' ' ')
  [ -z "$entries" ] || note "the names of boot entries contain the machine id of the build: $entries"
}
