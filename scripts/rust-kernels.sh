#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes kernels/rust/kernels.ptx and its manifest of the Rust kernels beside it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

wanted=1.95.0 # whose bytes the committed image has; another release may make others, or not know a word of lang.rs

usage() {
    cat <<END
Usage: scripts/rust-kernels.sh [--output DIR] [--arch sm_NN] [--target-core] [--any-version]

Compiles kernels/rust/*.rs to PTX and writes kernels.ptx and kernels.ptx.json, the manifest, which says what is in it.
Needs rustc $wanted and python3; no CUDA, no card, no nightly, no target of rustup's.

  --output DIR    where to write both files (default: kernels/rust, which is what is committed)
  --arch sm_NN    the least compute capability that the image is for (default: sm_80)
  --target-core   with the core that 'rustup target add nvptx64-nvidia-cuda' installs, in the place of
                  kernels/rust/lang.rs; the bytes may be others
  --any-version   with whatever rustc there is; the bytes may be others

Environment: RUSTC names the compiler (default: rustc, or rustup's $wanted). SOURCE_DATE_EPOCH is the manifest's date.

Examples:
  scripts/rust-kernels.sh                                    make the committed files again
  scripts/rust-kernels.sh --output build/k && cmp build/k/kernels.ptx kernels/rust/kernels.ptx
  scripts/rust-kernels.sh --output build/sm90 --arch sm_90   for Hopper only
  RUSTC=~/.cargo/bin/rustc scripts/rust-kernels.sh           a rustc that is not in PATH

Exit code: 0 both files are there; 2 usage, or no such compiler; else the compiler's.
END
}

output=$root/kernels/rust arch=sm_80 target_core='' any=''
while [ $# -gt 0 ]; do
    case $1 in
    --output | --arch)
        [ $# -gt 1 ] || die "$1 wants a value (--help)"
        if [ "$1" = --output ]; then output=$2; else arch=$2; fi
        shift
        ;;
    --target-core) target_core=yes ;;
    --any-version) any=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && die "unknown option '$1'" ;;
    esac
    shift
done
[[ $arch =~ ^sm_[0-9]+a?$ ]] || die "--arch $arch: it is written like sm_80"
have python3 || die "no python3, which writes the manifest (apt-get install python3)"

how="
  Install it:   curl -sSf https://sh.rustup.rs | sh -s -- --default-toolchain $wanted --profile minimal
  or, where rustup is: rustup toolchain install $wanted --profile minimal
  or name it:   RUSTC=/its/folder/rustc $0
  The committed kernels/rust/kernels.ptx needs none of this: only changing the Rust kernels does."
version_of() { "$@" --version 2>/dev/null | sed -n 's/^rustc \([^ ]*\).*/\1/p'; }
rustc=("${RUSTC:-rustc}")
have "${rustc[0]}" || die "no Rust compiler '${rustc[0]}'; wanted is rustc $wanted.$how"
version=$(version_of "${rustc[@]}" || true)
if [ "$version" != "$wanted" ] && [ -z "${RUSTC:-}$any" ] && have rustup; then
    for toolchain in "$wanted" stable; do # "stable" may be the very release
        [ "$(RUSTUP_AUTO_INSTALL=0 version_of rustup run "$toolchain" rustc || true)" = "$wanted" ] || continue
        rustc=(rustup run "$toolchain" rustc) version=$wanted
        break
    done
fi
[ -n "$version" ] || die "'${rustc[*]} --version' does not say which rustc it is.$how"
if [ "$version" != "$wanted" ] && [ -z "$any" ]; then
    die "this is rustc $version, and wanted is $wanted: another may make another image, or none.$how
  To try this one:   $0 --any-version --output DIR"
fi

# Names of features are unstable, hence RUSTC_BOOTSTRAP; no debug information and no path of this machine in the image.
flags=(--edition 2021 --target nvptx64-nvidia-cuda --crate-name cardwise_kernels -C "target-cpu=$arch"
    -C opt-level=3 -C codegen-units=1 -C debuginfo=0 -C panic=abort --emit asm)
if [ -n "$target_core" ]; then
    libraries=$("${rustc[@]}" --target nvptx64-nvidia-cuda --print target-libdir)
    compgen -G "$libraries/libcore-*.rlib" >/dev/null ||
        die "--target-core: this rustc has no core for the target (rustup target add nvptx64-nvidia-cuda)"
else
    flags+=(--cfg own_core)
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$output"
# From its folder, so that nothing can name another.
(cd "$root/kernels/rust" && RUSTC_BOOTSTRAP=1 "${rustc[@]}" "${flags[@]}" -o "$scratch/kernels.ptx" kernels.rs)
python3 "$root/kernels/rust/manifest.py" --image "$scratch/kernels.ptx" --sources "$root/kernels/rust" --arch "$arch" \
    --version "$version" --previous "$output/kernels.ptx.json" --output "$scratch/kernels.ptx.json" -- "${flags[@]}"
cp "$scratch/kernels.ptx" "$scratch/kernels.ptx.json" "$output/"
count=$(grep -c '^\.visible \.entry' "$output/kernels.ptx")
say "$(cd "$output" && pwd)/kernels.ptx: $count kernels, rustc $version, $arch"
