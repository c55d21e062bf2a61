#!/usr/bin/env bash
# Runs the tests of packages as an arm64 machine would, under qemu-user:
#   infra/arm64/run.sh ./shared/trees ./shared/other
# Floating point is what differs: on arm64 the compiler fuses a product and a sum unless the
# product is rounded by hand. A package joins by the Makefile's ARM64. Tests that take long
# or that start other programs should leave themselves out under -short.
set -euo pipefail
qemu=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
if [ -z "$qemu" ] && [ "$(uname -m)" != aarch64 ]; then
	echo "arm64: NOT RUN: needs qemu-aarch64 (Debian: apt-get install qemu-user)"
	exit 75
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for p in "$@"; do
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go test -c -o "$dir/test" "$p"
	folder=$(go list -f '{{.Dir}}' "$p")
	echo "arm64: $p"
	(cd "$folder" && timeout 600 $qemu "$dir/test" -test.short -test.timeout 590s)
	rm "$dir/test"
done
