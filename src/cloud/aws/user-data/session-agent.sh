# Installs the agent of Session Manager, if the image has none: without it, a machine with `aws.reach: ssm` cannot be reached. The
# addresses are those of "Manually installing and uninstalling SSM Agent on EC2 instances for Linux" in the documentation of AWS.
# $bucket is set in a line before this one.
set -e
if systemctl list-unit-files | grep -q amazon-ssm-agent; then exit 0; fi
case $(uname -m) in aarch64) arch=arm64 ;; *) arch=amd64 ;; esac
if command -v dpkg >/dev/null; then package=debian_$arch/amazon-ssm-agent.deb; else package=linux_$arch/amazon-ssm-agent.rpm; fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# cloud-init is written in Python; curl and wget may be missing.
python3 -c 'import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])' "$bucket/$package" "$folder/${package##*/}"
case $package in *.deb) dpkg -i "$folder/amazon-ssm-agent.deb" ;; *) rpm -U "$folder/amazon-ssm-agent.rpm" ;; esac
systemctl enable --now amazon-ssm-agent
