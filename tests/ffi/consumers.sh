#!/bin/sh
# Installs the library below a temporary folder, and builds and runs a program with it in each way that ffi/README.md names.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
sources=$root/tests/ffi/consumers

# A name with a space: so are folders called.
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
prefix="$temporary/a prefix"
log=$temporary/log

passed=0 failed=0
# check PROMISE COMMAND...: runs it, shows what it says only if it fails.
check() {
    promise=$1
    shift
    # Not as a condition of `if`: there, `set -e` would not hold inside.
    set +e
    (set -e && "$@") >"$log" 2>&1
    result=$?
    set -e
    if [ "$result" -eq 0 ]; then
        passed=$((passed + 1))
        echo "consumers: $promise"
    else
        failed=$((failed + 1))
        echo "consumers: FAILED: $promise"
        sed 's/^/    /' "$log"
    fi
}

# runs PROGRAM static|shared: it does its work, and has the library inside or asks for it by its soname.
runs() {
    said=$(LD_LIBRARY_PATH=${3:-} "$1") || { echo "$1 failed: $? $said"; return 1; }
    expected="iot_tunnel $version says InvalidTunnelId"
    [ "$said" = "$expected" ] || { echo "$1 says '$said', not '$expected'"; return 1; }
    asks=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(libiot_tunnel.*\)\]/\1/p')
    case $2 in
        shared) [ "$asks" = "libiot_tunnel.so.${version%%.*}" ] || { echo "$1 asks for '$asks'"; return 1; } ;;
        static) [ -z "$asks" ] || { echo "$1 asks for '$asks'"; return 1; } ;;
    esac
}

make --no-print-directory install PREFIX="$prefix" DESTDIR="$temporary/stage"
mv "$temporary/stage$prefix" "$prefix"
version=$(sed -n 's/^#define IOT_TUNNEL_VERSION_STRING "\(.*\)"$/\1/p' include/iot_tunnel.h)
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"

nothing_remembers_the_stage() { [ -z "$(grep -rl "$temporary/stage" "$prefix")" ]; }
check "nothing that is installed remembers DESTDIR" nothing_remembers_the_stage

licenses() {
    cmp LICENSE "$prefix/share/licenses/iot_tunnel/LICENSE"
    cmp ffi/THIRD_PARTY "$prefix/share/licenses/iot_tunnel/THIRD_PARTY"
}
check "the licenses come along" licenses

pkg_config() {
    mkdir "$temporary/pkg-config"
    make -C "$temporary/pkg-config" -f "$sources/pkg-config/Makefile" SOURCE="$sources/consumer.c"
    runs "$temporary/pkg-config/consumer-static" static
    runs "$temporary/pkg-config/consumer-shared" shared "$prefix/lib"
    [ "$(pkg-config --modversion iot_tunnel)" = "$version" ]
}
check "make and pkg-config, shared and static" pkg_config

# with_cmake PREFIX BUILD: the three targets; CMake itself says where the shared library is.
with_cmake() {
    cmake -S "$sources/cmake" -B "$2" -DCMAKE_PREFIX_PATH="$1" -DBUILD_SHARED_LIBS="$3"
    cmake --build "$2"
    runs "$2/consumer-static" static
    runs "$2/consumer-shared" shared
    case $3 in
        ON) runs "$2/consumer-iot_tunnel" shared ;;
        OFF) runs "$2/consumer-iot_tunnel" static ;;
    esac
}
check "CMake's find_package, all targets, static by default" with_cmake "$prefix" "$temporary/cmake" OFF
check "CMake's find_package, all targets, shared by default" with_cmake "$prefix" "$temporary/cmake-shared" ON
cp -R "$prefix" "$temporary/elsewhere"
check "CMake's find_package from a tree that was moved" with_cmake "$temporary/elsewhere" "$temporary/cmake-moved" OFF

# cmake_refuses REQUIREMENT: the version file, asked as find_package asks it.
cmake_refuses() {
    mkdir -p "$temporary/asking"
    printf 'cmake_minimum_required(VERSION 3.16)\nproject(asking NONE)\nfind_package(iot_tunnel %s CONFIG REQUIRED)\n' "$1" \
        >"$temporary/asking/CMakeLists.txt"
    rm -rf "$temporary/asking/build"
    if cmake -S "$temporary/asking" -B "$temporary/asking/build" -DCMAKE_PREFIX_PATH="$prefix"; then return 1; fi
    # For its version, and not because it was not found.
    grep -q "version: $version" "$log"
}
for requirement in 0.0.1 0.1.99 0.2 1; do
    check "CMake does not take $version for $requirement" cmake_refuses $requirement
done

# project FOLDER FILE...: a project of its own, as Meson wants it.
project() {
    folder=$1
    shift
    mkdir "$folder"
    cp "$@" "$folder"
}
meson_installed() {
    project "$temporary/meson" "$sources/meson/meson.build" "$sources/consumer.c"
    meson setup --wrap-mode=nofallback "$temporary/meson/build" "$temporary/meson"
    meson compile -C "$temporary/meson/build"
    runs "$temporary/meson/build/consumer" shared
}
check "Meson's dependency, from the installed tree" meson_installed

# The wrap file clones a repository: here one made of this tree, instead of the one on the network.
repository() {
    mkdir "$temporary/repository"
    git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -c | tar -x -C "$temporary/repository"
    cd "$temporary/repository"
    git init -q
    git add -A
    git -c user.name=test -c user.email=test@localhost commit -q -m 'This tree'
    git tag "v$version"
}
# wrapped FOLDER: puts the wrap file into the project.
wrapped() {
    mkdir "$1/subprojects"
    cp -R ffi/meson/. "$1/subprojects"
    sed -i "s|^url = .*|url = file://$temporary/repository|" "$1/subprojects/iot-tunnel.wrap"
}
meson_wrap() {
    (repository)
    project "$temporary/wrapped" "$sources/meson/meson.build" "$sources/consumer.c"
    wrapped "$temporary/wrapped"
    PKG_CONFIG_PATH='' meson setup --force-fallback-for=iot_tunnel "$temporary/wrapped/build" "$temporary/wrapped"
    meson compile -C "$temporary/wrapped/build"
    runs "$temporary/wrapped/build/consumer" static
}
check "Meson's wrap file, from the source tree" meson_wrap

meson_firmware() {
    project "$temporary/firmware" "$sources"/meson-firmware/*
    wrapped "$temporary/firmware"
    meson setup --cross-file "$temporary/firmware/cortex-m4f.ini" -Diot-tunnel:target=thumbv7em-none-eabihf \
        "$temporary/firmware/build" "$temporary/firmware"
    meson compile -C "$temporary/firmware/build"
    arm-none-eabi-readelf -h "$temporary/firmware/build/firmware.elf" | grep -q 'Machine: *ARM'
    arm-none-eabi-nm "$temporary/firmware/build/firmware.elf" | grep -q ' T iot_tunnel_tunnel_id_check$'
}
check "Meson's wrap file, for a microcontroller" meson_firmware

cxx() {
    g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror "-I$prefix/include" -x c++ "$sources/consumer.c" \
        -o "$temporary/cxx" "-L$prefix/lib" -liot_tunnel
    runs "$temporary/cxx" shared "$prefix/lib"
}
check "C++11" cxx

static() {
    cc -std=c99 -static -Wl,--gc-sections "-I$prefix/include" "$sources/consumer.c" \
        -o "$temporary/static" "$prefix/lib/libiot_tunnel.a"
    runs "$temporary/static" static
    [ -z "$(readelf -d "$temporary/static" 2>/dev/null | grep NEEDED)" ]
}
check "a program without any shared library" static

uninstalled() {
    make --no-print-directory uninstall PREFIX="$prefix"
    [ -z "$(find "$prefix" ! -type d)" ]
}
check "make uninstall leaves no file" uninstalled

echo "consumers: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
