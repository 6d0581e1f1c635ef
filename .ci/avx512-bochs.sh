#!/usr/bin/env bash
# Runs the simd tests at every level, AVX-512 included, on a machine that has no AVX-512: as static programs in the
# initramfs of a small Linux that boots in the Bochs emulator (its Skylake-X model). About three minutes.
# On a CPU with AVX-512 the plain tests have run those kernels already, and this does nothing.
# Where a package cannot be installed it says SKIPPED; with CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() {
  echo "SKIPPED avx512 tests: $1"
  [[ ${CI:-} == true ]] && exit 1
  exit 0
}

[[ $(uname -m) == x86_64 ]] || skip "Bochs needs an x86-64 build of the tests"
if grep -qw avx512bw /proc/cpuinfo; then
  echo "avx512: this CPU has it; the plain tests have run it"
  exit 0
fi

packages=(bochs bochs-term bochsbios vgabios grub-pc-bin grub-common xorriso mtools cpio busybox-static)
if ! dpkg -s "${packages[@]}" >/dev/null 2>&1; then
  [[ $(id -u) == 0 ]] || skip "not root, cannot install ${packages[*]}"
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}"; } >/dev/null 2>&1 ||
    skip "apt-get cannot install ${packages[*]}"
fi

build=target/avx512
mkdir -p "$build"
build=$(cd "$build" && pwd)

# The kernel comes as a package that is unpacked, not installed.
if ! ls "$build"/kernel/boot/vmlinuz-* >/dev/null 2>&1; then
  image=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
  [[ -n $image ]] || skip "no linux-image-cloud-amd64 in the package lists"
  (cd "$build" && apt-get download -qq "$image" 2>/dev/null) || skip "apt-get cannot download $image"
  dpkg -x "$build"/"$image"_*.deb "$build/kernel"
fi

target=x86_64-unknown-linux-gnu
programs=$(RUSTFLAGS="-C target-feature=+crt-static" cargo test -q -p transcode-simd --tests --target $target \
  --target-dir "$build/cargo" --no-run --message-format=json |
  python3 -c 'import json, sys
for line in sys.stdin:
    path = json.loads(line).get("executable")
    if path: print(path)')

root=$build/root
rm -rf "$root" "$build/iso" "$build/serial.txt"
mkdir -p "$root/bin" "$root/tests" "$build/iso/boot/grub"
cp /bin/busybox "$root/bin/"
for p in $programs; do
  strip -o "$root/tests/$(basename "${p%-*}")" "$p"
done
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /dev /tmp
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
export TRANSCODE_REQUIRE_SIMD=avx512 PROPTEST_CASES=64
for t in /tests/*; do
  echo "== $t"
  $t --test-threads 1 || echo "FAILED $t"
done
echo ALL-DONE
/bin/busybox sleep 1
/bin/busybox poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc 2>/dev/null | gzip -1) >"$build/iso/boot/initrd"
cp "$build"/kernel/boot/vmlinuz-* "$build/iso/boot/vmlinuz"
# Bochs 2.7 reports a size of the compacted XSAVE area that Linux refuses, so the kernel is told to do without it (321
# and 323 are XSAVEC and XSAVES).
cat >"$build/iso/boot/grub/grub.cfg" <<'GRUB'
set timeout=0
menuentry tests {
  linux /boot/vmlinuz console=ttyS0 quiet mitigations=off nopku clearcpuid=321,323 tsc=reliable lpj=4000000
  initrd /boot/initrd
}
GRUB
grub-mkrescue -o "$build/boot.iso" "$build/iso" >/dev/null 2>&1 || skip "grub-mkrescue failed"

cat >"$build/bochsrc" <<BOCHS
megs: 1024
cpu: model=corei7_skylake_x, count=1, ips=100000000, reset_on_triple_fault=0
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0-master: type=cdrom, path=$build/boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$build/serial.txt
display_library: term
log: $build/bochs.log
clock: sync=none
BOCHS
echo c >"$build/debugger" # Debian's Bochs starts in its debugger; this lets it run.
TERM=xterm timeout "${TRANSCODE_BOCHS_SECONDS:-900}" \
  script -qfc "bochs -q -f $build/bochsrc -rc $build/debugger" /dev/null </dev/null >/dev/null 2>&1 || true

sed -n '/^== /,$p' "$build/serial.txt" | tr -d '\r' | grep -E '^(==|test |FAILED|ALL-DONE)' || true
grep -q ALL-DONE "$build/serial.txt" || { echo "avx512: the emulated machine did not finish"; exit 1; }
! grep -qE 'FAILED|panicked' "$build/serial.txt" || { echo "avx512: FAILED"; exit 1; }
echo "avx512: all simd tests passed under Bochs"
