#!/bin/sh
# `make install` and `make uninstall`: header, libraries, pkg-config file, CMake package, licenses. Reads from the environment
#
#   PREFIX        where it will be found, an absolute path; /usr/local
#   LIBDIR        the libraries' folder below PREFIX; lib
#   INCLUDEDIR    the header's folder below PREFIX; include
#   DESTDIR       a package is put together below it; nothing in it remembers the name
#
#   ffi/package/install.sh [--uninstall]
set -eu
cd "$(dirname "$0")/../.."

: "${PREFIX:=/usr/local}" "${LIBDIR:=lib}" "${INCLUDEDIR:=include}" "${DESTDIR:=}"

refuse() {
    echo "install: $*" >&2
    exit 2
}

case $PREFIX in /*) ;; *) refuse "PREFIX is '$PREFIX'; it has to be an absolute path" ;; esac
case $PREFIX in *[\|\&\\]*) refuse "PREFIX is '$PREFIX'; it must not have any of | & \\ in it" ;; esac
case $LIBDIR in /* | *..*) refuse "LIBDIR is '$LIBDIR'; it has to be a folder below PREFIX, such as lib" ;; esac
case $INCLUDEDIR in /* | *..*) refuse "INCLUDEDIR is '$INCLUDEDIR'; it has to be a folder below PREFIX, such as include" ;; esac

# The version of what was built, from the header.
header=include/iot_tunnel.h
version=$(sed -n 's/^#define IOT_TUNNEL_VERSION_STRING "\(.*\)"$/\1/p' "$header")
[ -n "$version" ] || refuse "$header has no IOT_TUNNEL_VERSION_STRING"
shared=libiot_tunnel.so.$version
soname=libiot_tunnel.so.${version%%.*}

to=$DESTDIR${PREFIX%/}
cmake=$LIBDIR/cmake/iot_tunnel
# Every file and link, for both directions.
HEADER=$to/$INCLUDEDIR/iot_tunnel.h
ARCHIVE=$to/$LIBDIR/libiot_tunnel.a
SHARED=$to/$LIBDIR/$shared
SONAME=$to/$LIBDIR/$soname
LINK=$to/$LIBDIR/libiot_tunnel.so
PKG_CONFIG=$to/$LIBDIR/pkgconfig/iot_tunnel.pc
CMAKE=$to/$cmake/iot_tunnel-config.cmake
CMAKE_VERSION=$to/$cmake/iot_tunnel-config-version.cmake
LICENSE=$to/share/licenses/iot_tunnel/LICENSE
THIRD_PARTY=$to/share/licenses/iot_tunnel/THIRD_PARTY

if [ "${1:-}" = --uninstall ]; then
    for file in "$HEADER" "$ARCHIVE" "$SHARED" "$SONAME" "$LINK" "$PKG_CONFIG" "$CMAKE" "$CMAKE_VERSION" \
        "$LICENSE" "$THIRD_PARTY"; do
        rm -f "$file"
    done
    # Folders that are nobody else's.
    rmdir "$(dirname "$CMAKE")" "$(dirname "$LICENSE")" 2>/dev/null || true
    echo "uninstalled from $to"
    exit
fi

for built in target/ffi/libiot_tunnel.a target/ffi/libiot_tunnel.so; do
    [ -e "$built" ] || refuse "there is no $built: run \`make ffi\` first"
done

# fill TEMPLATE FILE: the template with this installation's values.
fill() {
    mkdir -p "$(dirname "$2")"
    # From the CMake package's folder up to PREFIX.
    up=$(printf %s "$cmake" | sed 's|[^/][^/]*|..|g')
    sed -e "s|@PREFIX@|$PREFIX|g" -e "s|@LIBDIR@|$LIBDIR|g" -e "s|@INCLUDEDIR@|$INCLUDEDIR|g" -e "s|@UP@|$up|g" \
        -e "s|@VERSION@|$version|g" -e "s|@SHARED@|$shared|g" -e "s|@SONAME@|$soname|g" "ffi/package/$1" >"$2"
    chmod 644 "$2"
}

# put MODE FROM FILE: a copy.
put() {
    mkdir -p "$(dirname "$3")"
    # A program that runs keeps the file it has.
    rm -f "$3"
    cp "$2" "$3"
    chmod "$1" "$3"
}

put 644 "$header" "$HEADER"
put 644 target/ffi/libiot_tunnel.a "$ARCHIVE"
put 755 target/ffi/libiot_tunnel.so "$SHARED"
ln -sf "$shared" "$SONAME"
ln -sf "$soname" "$LINK"
fill iot_tunnel.pc.in "$PKG_CONFIG"
fill iot_tunnel-config.cmake.in "$CMAKE"
fill iot_tunnel-config-version.cmake.in "$CMAKE_VERSION"
put 644 LICENSE "$LICENSE"
put 644 ffi/THIRD_PARTY "$THIRD_PARTY"
echo "installed iot_tunnel $version below $to"
