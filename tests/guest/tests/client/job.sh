# What the guest does on the mount. Set before: HOST, PORT, EXPORT, FSX_OPS, ZSTD (a directory of the tree).
# Lines that begin with @ are for the test; the others are what programs say.
failed=0

mount_export() {
    mount -i -t nfs -o "vers=3,proto=tcp,hard,nolock,addr=$HOST,port=$PORT,mountproto=tcp,mountaddr=$HOST,mountport=$PORT" \
        "$HOST:$EXPORT" /mnt || { echo "the export cannot be mounted"; exit 1; }
}

# step NAME COMMAND...: runs it and says how it went.
step() {
    name=$1; shift
    echo "@begin $name"
    "$@"; code=$?
    [ $code = 0 ] || failed=1
    echo "@end $name $code"
}

# Its gaps are what somebody who works on the mount waits.
heartbeat() {
    beats=0
    while [ ! -e /tmp/work-is-done ]; do
        beats=$((beats + 1))
        echo $beats >/mnt/heartbeat && [ "$(cat /mnt/heartbeat)" = $beats ] || echo "@heartbeat failed"
        echo "@beat $beats"
        sleep 0.2
    done
}

# Changes of names: one that is carried out twice, or not at all, fails.
names() {
    mkdir /mnt/work/names && cd /mnt/work/names || return 1
    round=0
    while [ ! -e /tmp/enough-names ]; do
        round=$((round + 1))
        mkdir a && mkdir a/b && (set -C; echo $round >a/first) && ln a/first a/second && mv a/second a/b/third &&
            ln -s b/third a/link && [ "$(cat a/link)" = $round ] && mv a c && rm c/first c/link c/b/third &&
            rmdir c/b c || { echo "round $round failed"; return 1; }
        echo "@round $round"
    done
    cd /mnt/work && rmdir names
}

unpack() {
    set -o pipefail
    tar xvpf /dev/vda -C /mnt/work/tree | awk 'NR % 100 == 0 { print "@unpacked", NR; fflush() }'
}

# A second make must find everything newer than its sources.
build() {
    cp -r /client/. /mnt/work/build && cd /mnt/work/build || return 1
    make -s "TREE=../tree/$ZSTD" || return 1
    make -q "TREE=../tree/$ZSTD" || { echo "make would build again"; return 1; }
    ./round-trip "../tree/$ZSTD/zstd/lib/compress/zstd_compress.c" packed again || return 1
    cmp again "../tree/$ZSTD/zstd/lib/compress/zstd_compress.c"
}

exercise() {
    NO_COLOR=1 fsx -N "$FSX_OPS" -S 1 -f /client/fsx.toml -P /tmp /mnt/work/fsx >/tmp/fsx.log 2>&1 ||
        { tail -n 60 /tmp/fsx.log; return 1; }
    tail -n 1 /tmp/fsx.log
}

sums() {
    cd /mnt/work && find . -type f -print0 | sort -z | xargs -0 md5sum >"$1" && cd /
}

# What this client believes it wrote, then, mounted again, what the server gives it.
compare() {
    sums /tmp/believed && umount /mnt && mount_export && sums /tmp/given || return 1
    cmp /tmp/believed /tmp/given && cp /tmp/given /mnt/sums || return 1
    echo "@sums $(md5sum </tmp/given)"
    umount /mnt
}

mount_export
mkdir /mnt/work /mnt/work/tree /mnt/work/build || exit 1
heartbeat &
heart=$!
{ step names names; exit $failed; } &
names=$!
{ step fsx exercise; exit $failed; } &
fsx=$!
step unpack unpack
step build build
wait $fsx || failed=1
echo "@ready"
read -r word </dev/ttyS1
touch /tmp/enough-names
wait $names || failed=1
touch /tmp/work-is-done
wait $heart
cd /
step compare compare
dmesg | grep -i 'nfs: server'
exit $failed
