#!/bin/busybox sh
# The guest's first process: brings up what every job needs, runs the job, and switches the machine off.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
stty -F /dev/ttyS1 -echo
exec </dev/null >/dev/ttyS1 2>&1
while read -r module; do
    insmod "/modules/$module" || echo "$module cannot be loaded"
done </modules/order
ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
echo "@up $(uname -r) after $(cut -d ' ' -f 1 /proc/uptime) s"
sh /job.sh
echo "@ended $?"
poweroff -f
